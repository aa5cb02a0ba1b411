import type { Finding, Level } from './finding.ts';

const SIGN: Readonly<Record<Level, string>> = { ok: '✓', warn: '!', fail: '✗', skipped: '·' };

/** The findings for people: one line each, and under what is not as it should be how to mend it. */
export function reportText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map((finding) => finding.check.length));
  const lines = findings.flatMap(({ check, level, what, mend }) => [
    `${SIGN[level]} ${level.padEnd(7)} ${check.padEnd(width)}  ${oneLine(what)}`,
    ...(mend === null ? [] : [`${' '.repeat(10)}${' '.repeat(width)}  → ${oneLine(mend)}`]),
  ]);
  const count = (level: Level) => findings.filter((finding) => finding.level === level).length;
  return `${lines.join('\n')}\n\n${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} failed, ${count('skipped')} not looked at\n`;
}

/** What servers answered may hold line ends, or sequences that steer a terminal. */
function oneLine(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
}
