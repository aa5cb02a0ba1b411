import type { AuditVerdict, InvariantVerdict, SealsVerdict, Violation } from './verdict.ts';

/** The verdict for people: a line for each invariant, what stands against it under it, and what was not checked. */
export function formatVerdict(verdict: AuditVerdict): string {
  const { decisions } = verdict;
  const lines = [
    `Audit of ${number(decisions.stored)} decisions and ${number(verdict.attempts)} attempts` +
      (verdict.dialRequests === null
        ? ', without a carrier log'
        : `, against ${number(verdict.dialRequests)} dial requests in the carrier's log`),
    `  evaluated again from stored facts and documents: ${number(decisions.reevaluated)} of ${number(decisions.stored)}`,
    `  ${sealsText(verdict.seals)}`,
    '',
    ...verdict.invariants.flatMap(invariantLines),
    ...verdict.notes.map((note) => `  note: ${note}`),
    '',
    conclusion(verdict),
  ];
  return `${lines.join('\n')}\n`;
}

/** The evidence log in half a line. */
export function sealsText(seals: SealsVerdict | null): string {
  if (seals === null) return 'sealed: none was looked at';
  const copies = seals.copies === null ? '' : `, ${number(seals.copies)} of them in the second place`;
  const checkpoints = seals.checkpoints === 1 ? 'checkpoint' : 'checkpoints';
  return `sealed: ${number(seals.sealed)} decisions under ${number(seals.checkpoints)} signed ${checkpoints}${copies}`;
}

function invariantLines(one: InvariantVerdict): string[] {
  const more = one.violationsTotal - one.violations.length;
  return [
    `  ${mark(one)} ${one.id.padEnd(3)} ${one.name.padEnd(16)} ${number(one.checked).padStart(9)} checked` +
      (one.violationsTotal > 0 ? `, ${number(one.violationsTotal)} violated` : '') +
      (one.warningsTotal > 0 ? `, ${number(one.warningsTotal)} to look at` : ''),
    ...one.violations.map((violation) => `        ✗ ${sentence(violation)}`),
    ...(more > 0 ? [`        … and ${number(more)} more`] : []),
    ...one.warnings.map((warning) => `        ! ${sentence(warning)}`),
    ...one.notChecked.map((why) => `        – not checked: ${why}`),
  ];
}

function mark(one: InvariantVerdict): string {
  if (one.violationsTotal > 0) return '✗';
  return one.checked > 0 ? '✓' : '–';
}

function sentence(violation: Violation): string {
  const subject = Object.entries(violation.subject).map(([name, value]) => `${name} ${value}`);
  return `${subject.join(', ')}: ${violation.what}; expected ${violation.expected}`;
}

function conclusion(verdict: AuditVerdict): string {
  const violated = verdict.invariants.filter((one) => one.violationsTotal > 0).map((one) => one.id);
  if (violated.length > 0) return `✗ Violated: ${violated.join(', ')}`;
  const missing = verdict.decisions.stored - verdict.decisions.reevaluated;
  if (missing > 0)
    return `✗ ${number(missing)} decisions could not be evaluated again, so nothing is said of them`;
  return '✓ Nothing found against any invariant';
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
