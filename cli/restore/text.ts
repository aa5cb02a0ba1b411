import type { CarrierInRestore } from '../../db/repositories/restores.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';

export type RestoreVerb = 'begin' | 'reconcile' | 'finish' | 'status';

/** What a verb did for one tenant, or found. */
export interface TenantResult {
  readonly tenant: string;
  /** A restore is open afterwards. */
  readonly open: boolean;
  readonly sinceAt?: EpochMs;
  readonly begun?: boolean;
  /** Permits of the backup whose fate only the carrier knows. */
  readonly doubted?: number;
  /** Workflows ended; null: they were left as they are. */
  readonly ended?: number | null;
  readonly finished?: boolean;
  readonly resumed?: boolean;
  readonly carriers: readonly CarrierInRestore[];
}

/** The result for people: a line for each tenant and, under it, one for each carrier. */
export function restoreText(verb: RestoreVerb, results: readonly TenantResult[]): string {
  const lines = results.flatMap((result) => [
    `${result.tenant}: ${headOf(verb, result)}`,
    ...result.carriers.map((carrier) => `  ${carrierText(carrier)}`),
  ]);
  return `${[...lines, ...(next(verb, results) ?? [])].join('\n')}\n`;
}

function headOf(verb: RestoreVerb, result: TenantResult): string {
  if (verb === 'begin') {
    const workflows =
      result.ended === null ? 'workflows left as they are' : `${result.ended} workflows ended`;
    const head = result.begun === true ? 'a restore has begun' : 'a restore was open already';
    return `${head}: dialling is stopped, ${result.doubted} permits in doubt, ${workflows}${since(result)}`;
  }
  if (verb === 'finish') {
    if (result.finished !== true) return 'no restore was open';
    return result.resumed === true
      ? 'finished, and dialling goes on'
      : 'finished; dialling was stopped before the restore and stays so (rightcall dialling resume)';
  }
  return result.open ? `a restore is open, dialling is stopped${since(result)}` : 'no restore is open';
}

function since({ sinceAt }: TenantResult): string {
  return sinceAt === undefined ? '' : `; calls may be missing since ${toIso(sinceAt)}`;
}

function carrierText({ name, state, counts, reason }: CarrierInRestore): string {
  if (state === null || counts === null) return `${name}: not asked yet`;
  const told = [
    `${counts.told} told`,
    `${counts.known} on record`,
    `${counts.restored} restored`,
    ...(counts.optedOut > 0 ? [`${counts.optedOut} of them asked not to be called again`] : []),
    ...(counts.live > 0 ? [`${counts.live} live`] : []),
    ...(counts.hungUp > 0 ? [`${counts.hungUp} hung up`] : []),
    ...(counts.withoutContact > 0 ? [`${counts.withoutContact} of contacts that are not here`] : []),
    ...(counts.contradicted > 0 ? [`${counts.contradicted} on record as never sent`] : []),
    ...(counts.foreign > 0 ? [`${counts.foreign} not ours`] : []),
  ];
  return `${name}: ${state}${reason === null ? '' : ` (${reason})`}; ${told.join(', ')}`;
}

function next(verb: RestoreVerb, results: readonly TenantResult[]): string[] | null {
  if (verb === 'begin')
    return ['Next: put back what people asked for meanwhile, then rightcall restore reconcile'];
  if (verb !== 'reconcile') return null;
  const done = results.every(({ carriers }) =>
    carriers.every(({ state }) => state === 'reconciled' || state === 'accepted'),
  );
  return [
    done ? 'Next: rightcall restore finish' : 'Not all carriers told everything; see above, then again',
  ];
}
