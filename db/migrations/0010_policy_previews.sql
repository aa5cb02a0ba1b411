-- Previews of policies: who works one out and how far that is, so that another process goes on where one died; and the
-- lists that it makes, line by line.
ALTER TABLE "policy_previews" ADD COLUMN "runner" uuid;
--> statement-breakpoint
ALTER TABLE "policy_previews" ADD COLUMN "checkpoint" jsonb;
--> statement-breakpoint
ALTER TABLE "policy_previews" ADD COLUMN "failure" text;
--> statement-breakpoint
CREATE TABLE "policy_preview_entries" (
	"tenant_id" uuid NOT NULL,
	"preview_id" uuid NOT NULL,
	"part" text NOT NULL,
	"change" text NOT NULL,
	"subject_id" uuid NOT NULL,
	"campaign_id" uuid NOT NULL,
	"body" jsonb NOT NULL,
	CONSTRAINT "policy_preview_entries_pk" PRIMARY KEY("tenant_id","preview_id","part","change","subject_id")
);
--> statement-breakpoint
SELECT rightcall_keep_apart('policy_preview_entries');
