import { STEPS, type Step } from '../../domain/steps.ts';
import { readEvidence, type AckLine, type FaultLine } from './evidence.ts';
import type { ChaosRun } from './chaos-run.ts';

/** What one run did, in figures; the page and `--json` show the same. */
export interface Done {
  readonly seed: number;
  readonly speed: number;
  readonly contacts: number;
  /** Requests to dial that reached the carrier, and those that it took. */
  readonly requests: number;
  readonly accepted: number;
  /** Calls to which the carrier joined an agent. */
  readonly joined: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly steps: Readonly<Record<Step, { readonly kill: number; readonly freeze: number }>>;
  readonly stops: { readonly asked: number; readonly acknowledged: number };
  /**
   * Of acknowledged stops, real ms: of the answered request alone; of those that no frozen process was to answer; and
   * from the client's first try.
   */
  readonly latencyMs: { readonly request: Spread; readonly awake: Spread; readonly inAll: Spread };
  readonly leftOut: readonly string[];
  readonly phasesMs: ChaosRun['phasesMs'];
  readonly evidenceDir: string;
}
interface Spread {
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

export function doneBy(run: ChaosRun): Done {
  const { requests, acks } = readEvidence(run.evidenceDir);
  const dials = requests.filter(({ kind }) => kind === 'dial');
  const acknowledged = run.stops.filter(({ inAllMs }) => inAllMs !== null);
  return {
    seed: run.seed,
    speed: run.speed,
    contacts: run.contacts,
    requests: dials.length,
    accepted: dials.filter(({ result }) => result === 'accepted').length,
    joined: new Set(
      requests.flatMap(({ kind, result, attemptId }) =>
        kind === 'bridge' && result === 'accepted' ? [attemptId] : [],
      ),
    ).size,
    faults: countBy(run.faults, nameOf),
    steps: stepsOf(run.faults),
    stops: { asked: run.stops.length, acknowledged: acknowledged.length },
    latencyMs: {
      request: spreadOf(acknowledged.map(({ lastTryMs }) => lastTryMs!)),
      awake: spreadOf(answeredAwake(acks, run.faults)),
      inAll: spreadOf(acknowledged.map(({ inAllMs }) => inAllMs!)),
    },
    leftOut: run.leftOut,
    phasesMs: run.phasesMs,
    evidenceDir: run.evidenceDir,
  };
}

function nameOf(fault: FaultLine): string {
  switch (fault.kind) {
    case 'kill':
    case 'freeze':
      return `${fault.kind} ${fault.step === null ? fault.process : fault.process.replace(/-\d+$/, '')}`;
    case 'carrier':
      return typeof fault.detail?.['fault'] === 'string' ? fault.detail['fault'] : 'carrier';
    case 'network':
      return `network ${fault.link} ${fault.mode}`;
    case 'stop_server':
    case 'cut_connections':
      return `${fault.kind} ${fault.process}`;
    default:
      return fault.kind;
  }
}

function stepsOf(faults: readonly FaultLine[]): Done['steps'] {
  const count = (step: Step, kind: 'kill' | 'freeze') =>
    faults.filter((fault) => fault.kind === kind && fault.step === step).length;
  return Object.fromEntries(
    STEPS.map((step) => [step, { kill: count(step, 'kill'), freeze: count(step, 'freeze') }]),
  ) as Done['steps'];
}

function countBy<T>(items: readonly T[], name: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[name(item)] = (counts[name(item)] ?? 0) + 1;
  return counts;
}

/** How long each acknowledged request took whose process did not stand still meanwhile: nobody answers who is frozen. */
function answeredAwake(acks: readonly AckLine[], faults: readonly FaultLine[]): number[] {
  const freezes = faults.filter(({ kind }) => kind === 'freeze');
  return acks.flatMap(({ effect, status, sentReal, receivedReal, process }) => {
    if (effect !== 'stop' || status === null || status >= 300 || receivedReal === null) return [];
    const frozen = freezes.some(
      (fault) =>
        fault.process === process &&
        fault.atReal <= receivedReal &&
        (fault.untilReal ?? Infinity) >= sentReal,
    );
    return frozen ? [] : [receivedReal - sentReal];
  });
}

function spreadOf(ms: readonly number[]): Spread {
  const sorted = ms.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** The page: what was done. What was proved is the judge's to say. */
export function pageOf(done: Done): string {
  const seconds = (ms: number) => `${Math.round(ms / 1000)} s`;
  const spread = ({ p50, p99, max }: Spread) =>
    `p50 ${p50 ?? '–'} ms, p99 ${p99 ?? '–'} ms, slowest ${max ?? '–'} ms`;
  const { boot, dialling, quiet } = done.phasesMs;
  const hit = STEPS.filter((step) => done.steps[step].kill + done.steps[step].freeze > 0);
  const missed = STEPS.filter((step) => !hit.includes(step));
  return [
    `Seed ${done.seed}, clock ×${done.speed}: ${seconds(boot)} until all was up, ${seconds(dialling)} under faults, ${seconds(quiet)} until quiet`,
    `Contacts ${done.contacts}; requests to the carrier ${done.requests}, of which it took ${done.accepted}, and joined ${done.joined} with agents`,
    `Stops asked for ${done.stops.asked}, acknowledged ${done.stops.acknowledged}`,
    `    the acknowledged request: ${spread(done.latencyMs.request)}`,
    `    of these, by processes that did not stand still meanwhile: ${spread(done.latencyMs.awake)}`,
    `    from the first try, other processes' deaths included: ${spread(done.latencyMs.inAll)}`,
    `Faults ${Object.values(done.faults).reduce((sum, count) => sum + count, 0)}`,
    ...Object.entries(done.faults)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([name, count]) => `    ${String(count).padStart(4)} ${name}`),
    `Steps at which a process was killed or frozen: ${hit.length} of ${STEPS.length}`,
    ...hit.map((step) => `    ${step}: ${done.steps[step].kill} killed, ${done.steps[step].freeze} frozen`),
    ...(missed.length === 0 ? [] : [`    not in this run: ${missed.join(', ')}`]),
    ...done.leftOut.map((why) => `Left out: ${why}`),
  ].join('\n');
}
