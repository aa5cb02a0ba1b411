import type { Clock } from '../../domain/clock.ts';
import { subjectOfWorkflow } from '../../domain/ids.ts';
import type { Database } from '../../db/client.ts';
import {
  campaignsThatAre,
  contactsOfWorkflows,
  countOpen,
  nextOpen,
  recordWorkflowRepair,
  type SaidOfWorkflow,
} from '../../db/repositories/open-workflows.ts';
import { countRepair } from '../telemetry.ts';
import type { WorkflowCensus, WorkflowRun } from '../workflow-census.ts';
import type { WorkflowGateway } from '../workflow-gateway.ts';

/**
 * Temporal and the database compared: workflows that run for nobody, and contacts whose workflow is gone, after either
 * of the two was lost, went back to an earlier point, or had its things changed by hand. The database is the truth.
 * Calls do not wait for it: a contact that is due has its workflow started by its admission. Every step may be repeated,
 * and may be done by two workers.
 */
export interface MismatchWatch {
  /** One bounded step of the comparison for a tenant; the next is for the next round, so that it is never in a hurry. */
  round(tenantId: string): Promise<void>;
}

interface Deps {
  readonly db: Database;
  readonly clock: Clock;
  readonly workflows: WorkflowGateway;
  readonly census: WorkflowCensus;
}

/** Real ms between the beginnings of two comparisons of a tenant. */
const PASS_EVERY_MS = 300_000;
/** Real ms for which what does not agree may be on its way: longer than a workflow takes to be started, or to end. */
const SETTLED_AFTER_MS = 60_000;
/** Contacts whose workflow is asked about in one round. With rounds a second apart, what is started leaves room for calls. */
const ASKED_MAX = 10;

type Standing = SaidOfWorkflow | 'no_row';

interface Suspect {
  readonly run: WorkflowRun;
  readonly sinceMs: number;
}

/** How far the comparison of a tenant is. */
interface Pass {
  startedMs: number;
  /** Contacts admitted since this instant (real) are left out. */
  beforeReal: number;
  /** Where in Temporal's list to go on; null: at its beginning, or it is through. */
  from: Uint8Array | null;
  listing: boolean;
  /** Runs met so far whose contact is said to have one, and has had it for a while. */
  matched: number;
  /** Contacts are asked about one by one from here; undefined: they are not. */
  askAfter: string | null | undefined;
  /** By run id. */
  suspects: Map<string, Suspect>;
}

/** @param options for tests */
export function createMismatchWatch(
  deps: Deps,
  options: { readonly passEveryMs?: number; readonly settledAfterMs?: number } = {},
): MismatchWatch {
  const passEveryMs = options.passEveryMs ?? PASS_EVERY_MS;
  const settledAfterMs = options.settledAfterMs ?? SETTLED_AFTER_MS;
  const passes = new Map<string, Pass>();

  return {
    round: async (tenantId) => {
      const now = performance.now();
      const pass = passes.get(tenantId) ?? freshPass(-Infinity, settledAfterMs);
      passes.set(tenantId, pass);
      await dealWithSuspects(deps, tenantId, pass, now - settledAfterMs);
      if (pass.askAfter !== undefined) await askAboutContacts(deps, tenantId, pass);
      else if (pass.listing) await lookThroughPage(deps, tenantId, pass);
      else if (now - pass.startedMs >= passEveryMs) {
        const next = { ...freshPass(now, settledAfterMs), listing: true, suspects: pass.suspects };
        passes.set(tenantId, next);
        await lookThroughPage(deps, tenantId, next);
      }
    },
  };
}

function freshPass(startedMs: number, settledAfterMs: number): Pass {
  return {
    startedMs,
    beforeReal: Date.now() - settledAfterMs,
    from: null,
    listing: false,
    matched: 0,
    askAfter: undefined,
    suspects: new Map(),
  };
}

/** One page of what Temporal has, held against the rows. */
async function lookThroughPage(deps: Deps, tenantId: string, pass: Pass): Promise<void> {
  const page = await deps.census.running(tenantId, pass.from);
  const standings = await standingsOf(deps, tenantId, page.runs, pass.beforeReal);
  for (const [run, standing] of standings) {
    if (standing === 'open') pass.matched += 1;
    else if (standing !== 'new' && !pass.suspects.has(run.runId)) {
      pass.suspects.set(run.runId, { run, sinceMs: performance.now() });
    }
  }
  pass.from = page.next;
  pass.listing = page.next !== null;
  if (pass.listing) return;
  // More contacts that are said to have a workflow than workflows: who has none is found out by asking.
  const open = await deps.db.single(tenantId, (tx) => countOpen(tx, pass.beforeReal));
  if (open > pass.matched) pass.askAfter = null;
}

async function standingsOf(
  deps: Deps,
  tenantId: string,
  runs: readonly WorkflowRun[],
  beforeReal: number,
): Promise<Map<WorkflowRun, Standing>> {
  const subjects = runs.map((run) => ({ run, subject: subjectOfWorkflow(run.workflowId) }));
  const contactIds = subjects.flatMap(({ subject }) => subject?.contactId ?? []);
  const campaignIds = subjects.flatMap(({ subject }) =>
    subject?.contactId === null ? subject.campaignId : [],
  );
  const contacts = await deps.db.single(tenantId, (tx) => contactsOfWorkflows(tx, contactIds, beforeReal));
  const campaigns = await deps.db.single(tenantId, (tx) => campaignsThatAre(tx, campaignIds));
  const standingOf = (subject: ReturnType<typeof subjectOfWorkflow>): Standing => {
    if (subject === null) return 'new';
    if (subject.contactId !== null) return contacts.get(subject.contactId) ?? 'no_row';
    // A campaign's own workflow sees to its status by itself; it counts for none of a contact.
    return campaigns.has(subject.campaignId) ? 'new' : 'no_row';
  };
  return new Map(subjects.map(({ run, subject }) => [run, standingOf(subject)]));
}

/** Those that did not agree a while ago and do not now: told that their contact is final, or ended. */
async function dealWithSuspects(deps: Deps, tenantId: string, pass: Pass, before: number): Promise<void> {
  const due = [...pass.suspects.values()].filter(({ sinceMs }) => sinceMs <= before).slice(0, ASKED_MAX);
  if (due.length === 0) return;
  const standings = await standingsOf(
    deps,
    tenantId,
    due.map(({ run }) => run),
    pass.beforeReal,
  );
  const closed: string[] = [];
  const ended: string[] = [];
  for (const [run, standing] of standings) {
    const subject = subjectOfWorkflow(run.workflowId)!;
    const campaign = { tenantId, campaignId: subject.campaignId };
    const runs = subject.contactId === null || (await deps.census.isRunning(campaign, subject.contactId));
    if (runs && typeof standing === 'object') {
      await deps.workflows.close(campaign, subject.contactId!, standing);
      closed.push(run.workflowId);
    } else if (runs && (standing === 'no_row' || standing === 'not_open')) {
      await deps.census.end(
        run,
        standing === 'no_row' ? 'it has no row' : 'its contact is said to have no workflow',
      );
      ended.push(run.workflowId);
    }
    pass.suspects.delete(run.runId);
  }
  countRepair('workflow_closed', closed.length);
  countRepair('workflow_ended', ended.length);
  const at = deps.clock.now();
  await deps.db.inTenant(tenantId, async (tx) => {
    await recordWorkflowRepair(tx, 'closeWorkflows', closed, 'their contacts are final', at);
    await recordWorkflowRepair(tx, 'endWorkflows', ended, 'they ran for nobody', at);
  });
}

/** Some of the contacts that are said to have a workflow are asked about; where there is none, it is started. */
async function askAboutContacts(deps: Deps, tenantId: string, pass: Pass): Promise<void> {
  const contacts = await deps.db.single(tenantId, (tx) =>
    nextOpen(tx, pass.askAfter ?? null, ASKED_MAX, pass.beforeReal),
  );
  const started: string[] = [];
  for (const contact of contacts) {
    const campaign = { tenantId, campaignId: contact.campaignId };
    if (await deps.census.isRunning(campaign, contact.id)) continue;
    // With the number of its latest admission, which makes at most one attempt: it finds that, or that it is over, and waits.
    await deps.workflows.admit(campaign, {
      contactId: contact.id,
      admission: contact.admissions,
      workflowOpen: true,
    });
    started.push(contact.id);
  }
  countRepair('workflow_started', started.length);
  if (started.length > 0) {
    await deps.db.inTenant(tenantId, (tx) =>
      recordWorkflowRepair(tx, 'startWorkflows', started, 'Temporal had them no more', deps.clock.now()),
    );
  }
  pass.askAfter = contacts.length < ASKED_MAX ? undefined : contacts.at(-1)!.id;
}
