import { randomUUID } from 'node:crypto';
import { insertCallback } from '../../../db/repositories/callbacks.ts';
import { insertPreview, previewById, type PreviewRow } from '../../../db/repositories/policy-previews.ts';
import { storePolicySet } from '../../../db/repositories/policies.ts';
import { fixedClock } from '../../../domain/clock.ts';
import { callbacksOf } from '../../../domain/campaign-callbacks.ts';
import { toIso } from '../../../domain/time.ts';
import { DECISION_COLUMNS, DECISION_VALUES, decide, decisionValues } from '../../../gate/decide.ts';
import { readDossier } from '../../../gate/dossier.ts';
import type { PreviewRequest } from '../../../gate/preview/request.ts';
import {
  bundledDocuments,
  compilePolicySet,
  toStored,
  type PolicyDocument,
} from '../../../policies/index.ts';
import type { TestEngine } from '../../support/engine.ts';
import { housePack, rule } from '../../policies/support.ts';

/** A house pack that lets nobody in these places be called outside these hours. */
export function hours(window: string, jurisdiction: string[] = ['CN']): PolicyDocument {
  const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
  const windows = Object.fromEntries(days.map((day) => [day, [window]]));
  return housePack([rule('extra.hours', 'calling_window', { windows }, { jurisdiction })], 'extra');
}

/** The shipped policies without any rule that asks for consent. */
export function withoutConsent(): PolicyDocument[] {
  return bundledDocuments().map((document) =>
    document.kind === 'pack'
      ? { ...document, rules: document.rules.filter(({ type }) => type !== 'consent') }
      : document,
  );
}

/** A preview of `candidate` against `base`, asked for and not begun. */
export async function askPreview(
  engine: TestEngine,
  documents: { readonly base: readonly PolicyDocument[]; readonly candidate: readonly PolicyDocument[] },
  ask: { readonly campaignId?: string; readonly days?: number; readonly draftId?: string } = {},
): Promise<PreviewRow> {
  const { db, tenantId, clock } = engine;
  const at = clock.now();
  const request: PreviewRequest = {
    campaignId: ask.campaignId ?? null,
    at,
    past: { from: at - (ask.days ?? 30) * 86_400_000, until: at },
    horizonMs: 800,
  };
  return db.inTenant(tenantId, async (tx) => {
    const store = async (all: readonly PolicyDocument[]) => {
      const { hash } = compilePolicySet(all);
      await storePolicySet(tx, { hash, documents: all.map(toStored) }, at);
      return hash;
    };
    return insertPreview(tx, {
      id: randomUUID(),
      draftId: ask.draftId ?? randomUUID(),
      draftRevision: 1,
      baseHash: await store(documents.base),
      candidateHash: await store(documents.candidate),
      requestedBy: 'key:ann',
      requestedAt: at,
      request,
      result: {},
    });
  });
}

export async function reread(engine: TestEngine, { draftId, id }: PreviewRow): Promise<PreviewRow> {
  const found = await engine.db.inTenant(engine.tenantId, (tx) => previewById(tx, draftId, id));
  if (found === null) throw new Error('the preview has gone');
  return found;
}

/** The gate's decision about a contact at an instant gone by, and what became of its attempt. */
export async function decided(
  engine: TestEngine,
  contactId: string,
  at: number,
  state: 'ended' | 'revoked' | null = 'ended',
): Promise<string> {
  const { db, tenantId, policies } = engine;
  return db.inTenant(tenantId, async (tx) => {
    const dossier = (await readDossier(tx, contactId, at))!;
    const decision = await decide(tx, policies, fixedClock(at), dossier, at);
    const values = decisionValues(tx, dossier, decision, 'dial', 1);
    await tx.query(`INSERT INTO decisions (${DECISION_COLUMNS}) VALUES (${DECISION_VALUES})`, values);
    if (state !== null) {
      await tx.query(
        `INSERT INTO attempts (tenant_id, id, contact_id, campaign_id, person_id, number_hash, n, admission, decision_id,
                               purpose, channel, carrier_id, state, fence, lease_until_real, claimed_at, claimed_real,
                               rang_at, conversation)
         VALUES ($1, $2, $3, $4, $5, $6, 1, 1, $7, 'marketing', 'voice', $8, $9, 1, now(), $10, now(), $10, false)`,
        [
          tenantId,
          `${contactId}/1`,
          contactId,
          dossier.campaign.id,
          dossier.personId,
          dossier.numberHash,
          decision.decisionId,
          engine.carrierId,
          state,
          toIso(at),
        ],
      );
    }
    return decision.decisionId;
  });
}

export async function promise(
  engine: TestEngine,
  of: { readonly contactId: string; readonly personId: string; readonly campaignId: string },
  fromAt: number,
  untilAt: number,
): Promise<string> {
  const callback = await engine.db.inTenant(engine.tenantId, (tx) =>
    insertCallback(
      tx,
      {
        id: randomUUID(),
        contactId: of.contactId,
        campaignId: of.campaignId,
        personId: of.personId,
        fromAt,
        untilAt,
        topic: null,
        owner: 'team',
        askedBy: 'staff',
        askedAt: engine.clock.now(),
        contactBefore: { state: 'waiting', stateReason: null, rank: 24, readyAt: fromAt } as never,
        createdBy: 'key:ann',
      },
      callbacksOf({}),
      engine.clock.now(),
    ),
  );
  return callback.id;
}
