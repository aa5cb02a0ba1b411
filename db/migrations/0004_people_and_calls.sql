-- Lists and searches of contacts, decisions and attempts in the order people ask for, a page at a time. These tables
-- are large and written all the time, so there is one index for each order and no more: what else is asked for is
-- filtered while reading (db/repositories/pages.ts). CREATE INDEX IF NOT EXISTS without CONCURRENTLY, because migrations are one
-- transaction: writes to the table wait while it is built, about two seconds for a million rows and index.
CREATE INDEX "contacts_state" ON "contacts" USING btree ("tenant_id","campaign_id","state","id");
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "contacts_updated" ON "contacts" USING btree ("tenant_id","campaign_id","state","updated_at","id");
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "contacts_ready" ON "contacts" USING btree ("tenant_id","campaign_id","ready_at","id") WHERE state = 'waiting';
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "contacts_reason" ON "contacts" USING btree ("tenant_id","campaign_id","state_reason","id") WHERE state_reason IS NOT NULL;
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "decisions_recent" ON "decisions" USING btree ("tenant_id","campaign_id","at");
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "attempts_recent" ON "attempts" USING btree ("tenant_id","campaign_id","claimed_at");
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "decisions_at" ON "decisions" USING btree ("tenant_id","at");
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "attempts_at" ON "attempts" USING btree ("tenant_id","claimed_at");
--> statement-breakpoint
-- Each look at a person's data in full, so that nobody looks at more than their share. Who looked at whom and why is
-- in `changes`, for good; these rows only count, and go when they no longer do.
CREATE TABLE "reveals" (
	"tenant_id" uuid NOT NULL,
	"id" bigserial NOT NULL,
	"actor" text NOT NULL,
	"at_real" timestamptz(3) NOT NULL,
	CONSTRAINT "reveals_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE INDEX "reveals_actor" ON "reveals" USING btree ("tenant_id","actor","at_real");
--> statement-breakpoint
SELECT rightcall_keep_apart('reveals');
--> statement-breakpoint
-- What the workers told a contact's workflow, written by the statement that notes it was to be told: the workflow's
-- side of the story without asking Temporal (docs/adr/0014-timeline-without-temporal.md).
CREATE TABLE "workflow_notes" (
	"tenant_id" uuid NOT NULL,
	"id" bigserial NOT NULL,
	"campaign_id" uuid NOT NULL,
	"contact_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"admission" integer,
	"detail" jsonb NOT NULL,
	"at" timestamptz(3) NOT NULL,
	"recorded_real" timestamptz(3) NOT NULL,
	CONSTRAINT "workflow_notes_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE INDEX "workflow_notes_contact" ON "workflow_notes" USING btree ("tenant_id","contact_id","at");
--> statement-breakpoint
SELECT rightcall_keep_apart('workflow_notes');
