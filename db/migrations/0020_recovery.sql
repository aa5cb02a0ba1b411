-- What was found stuck and is brought on: when the carrier is asked next about an attempt, calls of the carrier that no
-- attempt accounts for, and contacts that have a workflow. Columns are added with constant defaults, which rewrites
-- nothing (docs/upgrading.md); the version before goes on without them.
ALTER TABLE "attempts"
	ADD COLUMN "look_ups" integer DEFAULT 0 NOT NULL,
	ADD COLUMN "look_up_after_real" timestamptz(3);
--> statement-breakpoint
CREATE TABLE "orphaned_calls" (
	"tenant_id" uuid NOT NULL,
	"carrier_id" uuid NOT NULL,
	"carrier_ref" text NOT NULL,
	"attempt_id" text NOT NULL,
	"cause" text NOT NULL,
	"found_at" timestamptz(3) NOT NULL,
	"found_real" timestamptz(3) NOT NULL,
	"tries" integer NOT NULL,
	"hung_up_real" timestamptz(3),
	"gone_real" timestamptz(3),
	CONSTRAINT "orphaned_calls_tenant_id_carrier_id_carrier_ref_pk" PRIMARY KEY("tenant_id","carrier_id","carrier_ref")
);
--> statement-breakpoint
CREATE INDEX "orphaned_calls_found" ON "orphaned_calls" USING btree ("tenant_id","found_real");
--> statement-breakpoint
SELECT rightcall_keep_apart('orphaned_calls');
--> statement-breakpoint
-- What was found is not taken away again. The table is new.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rightcall_app') THEN
    REVOKE DELETE ON orphaned_calls FROM rightcall_app;
  END IF;
END $$;
--> statement-breakpoint
-- Contacts that have a workflow, to compare with those that Temporal has. Fresh contacts are not in it.
CREATE INDEX IF NOT EXISTS "contacts_open" ON "contacts" USING btree ("tenant_id","id") WHERE workflow_open;
