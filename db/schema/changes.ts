import { bigserial, index, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant, tenantId } from './columns.ts';

/** Every change somebody made, with what was before and after; append-only. Never holds a number or a name. */
export const changes = pgTable(
  'changes',
  {
    tenantId: tenantId(),
    id: bigserial('id', { mode: 'number' }).notNull(),
    at: instant('at').notNull(),
    recordedReal: instant('recorded_real').notNull(),
    actor: text('actor').notNull(),
    requestId: text('request_id'),
    /** The operation by its id, such as `changeCampaign`. */
    action: text('action').notNull(),
    /** Kind of what was changed, such as `campaign`. */
    resource: text('resource').notNull(),
    resourceId: text('resource_id').notNull(),
    before: jsonb('before').$type<unknown>(),
    after: jsonb('after').$type<unknown>(),
    reason: text('reason'),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('changes_resource').on(t.tenantId, t.resource, t.resourceId, t.id),
    index('changes_actor').on(t.tenantId, t.actor, t.id),
    index('changes_at').on(t.tenantId, t.at, t.id),
    index('changes_resource_at').on(t.tenantId, t.resourceId, t.at, t.id),
    index('changes_actor_at').on(t.tenantId, t.actor, t.at, t.id),
    index('changes_action_at').on(t.tenantId, t.action, t.at, t.id),
  ],
);
