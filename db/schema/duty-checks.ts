import { integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import type { CallConduct, CallDutyKind, DutyOutcome, DutyWhy } from '../../domain/duty.ts';
import { instant, tenantId } from './columns.ts';

/** Whether a call carried out one duty that it was allowed with. Only added, when the call's end is known. */
export const dutyChecks = pgTable(
  'duty_checks',
  {
    tenantId: tenantId(),
    attemptId: text('attempt_id').notNull(),
    /** Place among the duties of the call, in the order of the decision's results; from 0. */
    n: integer('n').notNull(),
    decisionId: uuid('decision_id').notNull(),
    pack: text('pack').notNull(),
    rule: text('rule').notNull(),
    kind: text('kind').$type<CallDutyKind>().notNull(),
    outcome: text('outcome').$type<DutyOutcome>().notNull(),
    why: jsonb('why').$type<DutyWhy>().notNull(),
    /** What was known of the call then; news of it may come later. */
    conduct: jsonb('conduct').$type<CallConduct>().notNull(),
    at: instant('at').notNull(),
    recordedReal: instant('recorded_real').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.attemptId, t.n] })],
);
