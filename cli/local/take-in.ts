import { bindDoNotCallList, bindWithdrawals } from '../../api/actions/bind-import.ts';
import { personsUnderWay } from '../../db/repositories/under-way.ts';
import type { Clock } from '../../domain/clock.ts';
import { importContacts, importDoNotCall, type ImportProgress } from '../../imports/index.ts';
import { locateParsed } from '../../policies/index.ts';
import { BY_START, type LocalEngine } from './engine.ts';
import { count } from './format.ts';
import { removeSpooled, type InputFile, type Inputs } from './inputs.ts';
import type { Interruption } from './interruption.ts';
import type { Run } from './runs.ts';
import type { Phase, Screen } from './screen.ts';

/** The tenant's own list, which a do-not-call file goes to where nothing else is said. */
const INTERNAL_LIST = 'internal';

export interface TakingIn {
  readonly engine: LocalEngine;
  readonly screen: Screen;
  readonly interruption: Interruption;
  /** Stands at the instant that everything is recorded at. */
  readonly clock: Clock;
  readonly run: Run;
  readonly inputs: Inputs;
  /** Campaigns that share the contacts, each person in one of them; the first is the rehearsal's own. */
  readonly campaigns: readonly { readonly id: string; readonly share: number }[];
}

/**
 * Take the files in: the do-not-call list first, so that nobody on it is ever without it. Run again, it goes on where
 * it was; what is imported already changes nothing.
 */
export async function takeIn(t: TakingIn): Promise<void> {
  const { doNotCall, contacts } = t.inputs;
  if (doNotCall !== null) await takeInDoNotCall(t, doNotCall);
  for (const n of t.campaigns.keys()) await takeInContacts(t, contacts, n);
  await removeSpooled(t.inputs);
}

async function takeInDoNotCall(t: TakingIn, file: InputFile): Promise<void> {
  const phase = t.screen.phase(`Do-not-call list ${file.name}`);
  const { engine } = t;
  const result = await guarded(t, phase, async () => {
    const imported = await importDoNotCall(
      { db: engine.db, vault: engine.vault, clock: t.clock },
      {
        tenantId: engine.tenantId,
        source: file.path,
        importedBy: BY_START,
        onProgress: (progress) => note(phase, progress),
      },
    );
    await bindDoNotCallList(
      { db: engine.db, clock: t.clock },
      saidBy(engine, imported.importId),
      INTERNAL_LIST,
    );
    return imported;
  });
  const { rows, invalid, added } = result.counts;
  phase.done(
    `Do-not-call list ${file.name}: ${count(rows)} rows, ${count(added)} added, ${count(invalid)} invalid`,
  );
}

async function takeInContacts(t: TakingIn, file: InputFile, nth: number): Promise<void> {
  const { id: campaignId } = t.campaigns[nth]!;
  const phase = t.screen.phase(`Contacts ${file.name}`);
  const { engine, run } = t;
  const withdrawn = new Set<string>();
  const result = await guarded(t, phase, async () => {
    const imported = await importContacts(
      {
        db: engine.db,
        vault: engine.vault,
        clock: t.clock,
        locateParsed,
        onWithdrawn: async (_tenantId, personIds, tx) => {
          for (const personId of await personsUnderWay(tx, personIds)) withdrawn.add(personId);
        },
      },
      {
        tenantId: engine.tenantId,
        campaignId,
        source: file.path,
        importedBy: BY_START,
        onProgress: (progress) => note(phase, progress),
      },
    );
    await bindWithdrawals({ db: engine.db, clock: t.clock }, saidBy(engine, imported.importId), [
      ...withdrawn,
    ]);
    if (run.limit !== null) await keepFirst(engine, campaignId, run.limit);
    if (t.campaigns.length > 1) await keepShare(t, nth);
    return imported;
  });
  const { rows, invalid, duplicates, distinctValid, consented } = result.counts;
  if (nth > 0) return phase.done(`Contacts ${file.name}, for the same campaign in another mode`);
  phase.done(
    `Contacts ${file.name}: ${count(rows)} rows, ${count(distinctValid)} people, ${count(invalid)} invalid, ${count(duplicates)} repeated, ${count(consented)} with a live consent`,
  );
  if (run.limit !== null && run.limit < distinctValid) {
    t.screen.line(
      `    of these, the first ${count(run.limit)} people are in the campaign (--limit); the others are only on record`,
    );
  }
}

/**
 * Leave only the first `limit` contacts in a campaign that has not started; ids sort by the order of the file. The
 * people stay on record, so that what the import counted is true of the whole file.
 */
async function keepFirst(engine: LocalEngine, campaignId: string, limit: number): Promise<void> {
  await engine.db.inTenant(engine.tenantId, (tx) =>
    tx.query(
      `DELETE FROM contacts WHERE tenant_id = $1 AND campaign_id = $2 AND admissions = 0 AND id NOT IN
         (SELECT id FROM contacts WHERE tenant_id = $1 AND campaign_id = $2 ORDER BY id LIMIT $3)`,
      [tx.tenantId, campaignId, limit],
    ),
  );
}

/**
 * Leave a share of the people in a campaign that has not started: each is in one of the campaigns, the same one however
 * often this is done.
 */
async function keepShare({ engine, campaigns }: TakingIn, nth: number): Promise<void> {
  const upTo = (n: number) => campaigns.slice(0, n).reduce((sum, { share }) => sum + share, 0);
  await engine.db.inTenant(engine.tenantId, (tx) =>
    tx.query(
      `DELETE FROM contacts WHERE tenant_id = $1 AND campaign_id = $2 AND admissions = 0
         AND NOT ('x' || left(md5(person_id::text), 6))::bit(24)::int % $3 BETWEEN $4 AND $5`,
      [tx.tenantId, campaigns[nth]!.id, upTo(campaigns.length), upTo(nth), upTo(nth + 1) - 1],
    ),
  );
}

/** For the stops that bind calls of other campaigns that are under way (I3). */
function saidBy(engine: LocalEngine, importId: string) {
  return { tenantId: engine.tenantId, by: BY_START, importId };
}

function note(phase: Phase, progress: ImportProgress): void {
  phase.note(progress.message ?? `${count(progress.rowsDone)} rows`);
}

async function guarded<T>(t: TakingIn, phase: Phase, work: () => Promise<T>): Promise<T> {
  try {
    return await t.interruption.guard(work());
  } catch (error) {
    phase.failed();
    throw error;
  }
}
