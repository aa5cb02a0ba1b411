import { MINUTE_MS } from '../domain/time.ts';
import { WEEKDAYS } from '../domain/wall-clock.ts';
import {
  bundledDocuments,
  compilePolicySet,
  evaluate,
  type PackDocument,
  type Rule,
} from '../policies/index.ts';
import { localDayAt, offsetAt, weekdayOf } from '../policies/zones.ts';
import { usQuestions, type Question } from './evaluate.ts';
import { measure, type BenchResult } from './support/result.ts';

/**
 * The same rules asked in two engines, in one run: calling hours for marketing of the United States, federal and of
 * every state that ships, as a decision table of GoRules' zen-engine and as packs here. Hours by weekday in a given zone
 * are the part that such an engine can express; zones, calendars, consents, caps over time and "until when" it cannot, so
 * the local weekday and minute of each zone are worked out for it before the clock runs, and one zone is asked at a time.
 * Both must find the same rules against each question, or the benchmark fails.
 */
const MARKETING_HOURS = (rule: Rule) =>
  rule.type === 'calling_window' &&
  (rule.purpose.length === 0 || rule.purpose.includes('marketing')) &&
  rule.sector.length === 0 &&
  rule.jurisdiction.every((place) => place === 'US' || place.startsWith('US-')) &&
  (rule.params as { holidayWindows?: unknown }).holidayWindows === undefined &&
  rule.effectiveFrom === null;

interface ZenInput {
  readonly jurisdiction: string;
  readonly weekday: string;
  readonly minute: number;
}

type Windows = Readonly<Record<string, readonly string[]>>;

/** The hours as one pack. Exemptions and widened hours are not in the table, so they are left out here too. */
function hoursPack(): PackDocument {
  const rules = compilePolicySet(bundledDocuments())
    .rules.map(({ rule }) => rule)
    .filter(MARKETING_HOURS)
    .map((rule) => ({
      ...rule,
      exemptions: [],
      params: { windows: (rule.params as { windows: Windows }).windows },
    }));
  const covers = [{ jurisdiction: 'US', purposes: ['marketing' as const] }];
  return { kind: 'pack', id: 'hours', version: 1, title: 'Marketing hours', authority: 'law', covers, rules };
}

/** One row a rule and weekday: outside its windows it stands against the call. */
function decisionTable({ rules }: PackDocument): object {
  const rows = rules.flatMap((rule) => {
    const windows = (rule.params as { windows: Windows }).windows;
    return rule.jurisdiction.flatMap((place) =>
      WEEKDAYS.map((day, index) => {
        const open = windows[day] ?? windows['daily'] ?? [];
        return {
          _id: `${rule.id}-${place}-${index}`,
          place: place === 'US' ? 'startsWith($, "US")' : `"${place}"`,
          day: `"${day}"`,
          minute: open.length === 0 ? '>= 0' : closedMinutes(open),
          rule: `"${rule.id}"`,
        };
      }),
    );
  });
  const node = (id: string, type: string, more: object = {}) => ({
    id,
    type,
    name: id,
    position: { x: 0, y: 0 },
    ...more,
  });
  return {
    contentType: 'application/vnd.gorules.decision',
    nodes: [
      node('in', 'inputNode'),
      node('hours', 'decisionTableNode', {
        content: {
          hitPolicy: 'collect',
          inputs: [
            { id: 'place', name: 'place', field: 'jurisdiction' },
            { id: 'day', name: 'day', field: 'weekday' },
            { id: 'minute', name: 'minute', field: 'minute' },
          ],
          outputs: [{ id: 'rule', name: 'rule', field: 'rule' }],
          rules: rows,
        },
      }),
      node('out', 'outputNode'),
    ],
    edges: [
      { id: 'a', sourceId: 'in', targetId: 'hours', type: 'edge' },
      { id: 'b', sourceId: 'hours', targetId: 'out', type: 'edge' },
    ],
  };
}

function closedMinutes(open: readonly string[]): string {
  const minuteOf = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));
  const [from, until] = open[0]!.split('-') as [string, string];
  if (open.length > 1) throw new Error('the table has one window a day');
  return `< ${minuteOf(from)} or >= ${minuteOf(until)}`;
}

function zenInputs({ facts, at }: Question): ZenInput[] {
  return facts.locations.map(({ jurisdiction, zone }) => ({
    jurisdiction: jurisdiction!,
    weekday: weekdayOf(localDayAt(zone!, at)),
    minute: Math.floor(((((at + offsetAt(zone!, at)) % 86_400_000) + 86_400_000) % 86_400_000) / MINUTE_MS),
  }));
}

/** As much of the other engine as is asked of it. */
interface ZenModule {
  readonly ZenEngine: new () => {
    createDecision(content: object): { evaluate(input: ZenInput): Promise<{ result: unknown }> };
  };
}

/** It is no dependency of the project, as only this benchmark needs it and not every platform's build is published. */
const ZEN = '@gorules/zen-engine';

async function loadZen(): Promise<ZenModule> {
  try {
    return (await import(ZEN)) as ZenModule;
  } catch {
    throw new Error(
      `${ZEN} is not installed; npm install --no-save ${ZEN}@0.54.0 does, and npm ci takes it away again`,
    );
  }
}

/** @param runs how often each side is timed, in turn */
export async function run(runs = 5): Promise<BenchResult> {
  const pack = hoursPack();
  const policySet = compilePolicySet([pack]);
  const fullSet = compilePolicySet(bundledDocuments());
  const decision = new (await loadZen()).ZenEngine().createDecision(decisionTable(pack));
  const questions = usQuestions(1_000);
  const inputs = questions.map(zenInputs);

  const ask = ({ facts, at }: Question, set = policySet) =>
    evaluate({ policySet: set, facts, at, horizonMs: 0 });
  const askZen = async (of: readonly ZenInput[]): Promise<string[]> => {
    const found = new Set<string>();
    for (const input of of) {
      const { result } = (await decision.evaluate(input)) as { result: { rule: string }[] };
      for (const { rule } of result) found.add(rule);
    }
    return [...found].sort();
  };
  let against = 0;
  for (const [i, question] of questions.entries()) {
    const here = ask(question)
      .results.filter(({ outcome }) => outcome === 'defer')
      .map(({ rule }) => rule)
      .sort();
    const there = await askZen(inputs[i]!);
    if (here.join() !== there.join()) {
      throw new Error(`the two differ on question ${i}: here ${here.join()}, there ${there.join()}`);
    }
    if (here.length > 0) against += 1;
  }

  const ours: number[] = [];
  const full: number[] = [];
  const zen: number[] = [];
  for (let i = 0; i < runs; i += 1) {
    ours.push(rateOf(() => questions.forEach((question) => ask(question)), questions.length));
    full.push(rateOf(() => questions.forEach((question) => ask(question, fullSet)), questions.length));
    const start = process.cpuUsage();
    for (const of of inputs) await askZen(of);
    const used = process.cpuUsage(start);
    zen.push((questions.length / (used.user + used.system)) * 1e6);
  }
  return {
    name: 'versus',
    compared:
      'marketing hours of the United States, federal and of each state that ships, here and in GoRules zen-engine',
    on:
      `${pack.rules.length} rules; ${questions.length} questions, ` +
      `${against} of them outside some hours; both found the same rules against each`,
    measures: [
      measure('here, with the trace and until when', '/CPU s', ours),
      measure('here, all packs that ship', '/CPU s', full),
      measure('zen-engine, zones resolved for it beforehand', '/CPU s', zen),
      measure(
        'here ÷ zen-engine',
        '',
        ours.map((one, i) => one / zen[i]!),
      ),
    ],
    notes: [
      'zen-engine says which rows match at an instant; it knows no zones, and does not say until when.',
    ],
  };
}

/** Per second of processor time. */
function rateOf(work: () => void, count: number): number {
  const start = process.cpuUsage();
  for (let round = 0; round < 5; round += 1) work();
  const used = process.cpuUsage(start);
  return ((count * 5) / (used.user + used.system)) * 1e6;
}
