-- Carriers: a revision, so that two changes made for one state do not overwrite each other. The version before knows
-- nothing of it and leaves it as it is.
ALTER TABLE "carriers" ADD COLUMN "revision" integer NOT NULL DEFAULT 1;
--> statement-breakpoint
ALTER TABLE "carriers" ADD COLUMN "paused_by" text;
--> statement-breakpoint
-- What a carrier was asked for lately (GET /v1/carriers/{name}/state). Its key never changes once the row stands.
-- Built under a lock that holds back writers for as long as the table takes to be read and sorted.
CREATE INDEX IF NOT EXISTS "attempts_carrier" ON "attempts" USING btree ("tenant_id","carrier_id","claimed_real");
--> statement-breakpoint
-- Imports: where and when the run under way began, and when it last stored rows, so that its pace can be told.
ALTER TABLE "imports" ADD COLUMN "run_since_real" timestamptz(3);
--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "run_from_rows" integer NOT NULL DEFAULT 0;
--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "advanced_real" timestamptz(3);
--> statement-breakpoint
-- Issues of one import in the order they were found, for pages and the file. At most 100,000 an import: built at once.
CREATE INDEX IF NOT EXISTS "import_issues_order" ON "import_issues" USING btree ("tenant_id","import_id","id");
--> statement-breakpoint
-- Entries of one list, newest first; and the rare ones that a look through all of them would take long to find.
-- Built under a lock that holds back writers for as long as the table takes to be read and sorted.
CREATE INDEX IF NOT EXISTS "suppressions_list" ON "suppressions" USING btree ("tenant_id","list","id");
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "suppressions_narrow" ON "suppressions" USING btree ("tenant_id","scope","id")
  WHERE scope IN ('campaign', 'purpose');
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "suppressions_ending" ON "suppressions" USING btree ("tenant_id","id") WHERE valid_until IS NOT NULL;
--> statement-breakpoint
CREATE TABLE "scripts" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"name" text NOT NULL,
	"latest_version" integer NOT NULL,
	"published_version" integer,
	"retired_at" timestamptz(3),
	"revision" integer NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamptz(3) NOT NULL,
	"updated_at" timestamptz(3) NOT NULL,
	CONSTRAINT "scripts_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE UNIQUE INDEX "scripts_name" ON "scripts" USING btree ("tenant_id","name");
--> statement-breakpoint
CREATE TABLE "script_versions" (
	"tenant_id" uuid NOT NULL,
	"script_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"document" jsonb NOT NULL,
	"hash" text NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamptz(3) NOT NULL,
	"published_by" text,
	"published_at" timestamptz(3),
	CONSTRAINT "script_versions_pk" PRIMARY KEY("tenant_id","script_id","version")
);
--> statement-breakpoint
CREATE TABLE "callbacks" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"contact_id" uuid NOT NULL,
	"campaign_id" uuid NOT NULL,
	"person_id" uuid NOT NULL,
	"from_at" timestamptz(3) NOT NULL,
	"until_at" timestamptz(3) NOT NULL,
	"status" text NOT NULL,
	"reason" text,
	"topic" text,
	"owner" text NOT NULL,
	"attempt_id" text,
	"contact_before" jsonb NOT NULL,
	"revision" integer NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamptz(3) NOT NULL,
	"updated_at" timestamptz(3) NOT NULL,
	"settled_at" timestamptz(3),
	CONSTRAINT "callbacks_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
-- One promise at a time for a contact; also how the hopper finds it.
CREATE UNIQUE INDEX "callbacks_promised" ON "callbacks" USING btree ("tenant_id","contact_id") WHERE status = 'promised';
--> statement-breakpoint
CREATE INDEX "callbacks_due" ON "callbacks" USING btree ("tenant_id","until_at") WHERE status = 'promised';
--> statement-breakpoint
CREATE INDEX "callbacks_from" ON "callbacks" USING btree ("tenant_id","from_at","id");
--> statement-breakpoint
CREATE INDEX "callbacks_status" ON "callbacks" USING btree ("tenant_id","status","from_at","id");
--> statement-breakpoint
CREATE INDEX "callbacks_campaign" ON "callbacks" USING btree ("tenant_id","campaign_id","from_at","id");
--> statement-breakpoint
CREATE INDEX "callbacks_contact" ON "callbacks" USING btree ("tenant_id","contact_id","from_at","id");
--> statement-breakpoint
-- Whatever ends a contact settles what was promised to it, in the same transaction (I11): kept if the promised call was
-- made, cancelled by a stop or by what the person said, breached by anything else, with the contact's own reason. Here, so
-- that no way of ending a contact can forget it, the version before included.
CREATE FUNCTION rightcall_settle_promise() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  promise record;
  call text;
  over boolean;
BEGIN
  SELECT id, from_at, until_at INTO promise FROM callbacks
    WHERE tenant_id = NEW.tenant_id AND contact_id = NEW.id AND status = 'promised' FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN NULL; END IF;
  SELECT id INTO call FROM attempts
    WHERE tenant_id = NEW.tenant_id AND contact_id = NEW.id AND state IN ('sent', 'ended')
      AND sending_at >= promise.from_at AND sending_at < promise.until_at
    ORDER BY n LIMIT 1;
  -- A campaign that came to its end by itself did not call; one that was stopped was told not to.
  over := NEW.state = 'stopped' AND EXISTS (
    SELECT 1 FROM campaigns WHERE tenant_id = NEW.tenant_id AND id = NEW.campaign_id AND status = 'completed');
  UPDATE callbacks SET
    status = CASE WHEN call IS NOT NULL THEN 'kept'
                  WHEN over OR NEW.state IN ('denied', 'exhausted', 'invalid_number') THEN 'breached'
                  ELSE 'cancelled' END,
    reason = CASE WHEN call IS NULL THEN coalesce(NEW.state_reason, 'contact.' || NEW.state) END,
    attempt_id = call, settled_at = NEW.updated_at, updated_at = NEW.updated_at, revision = revision + 1
  WHERE tenant_id = NEW.tenant_id AND id = promise.id;
  RETURN NULL;
END $$;
--> statement-breakpoint
-- The version before goes on as it was: this only writes rows of its own.
CREATE TRIGGER contacts_settle_promise AFTER UPDATE OF state ON contacts FOR EACH ROW
  WHEN (OLD.state IN ('waiting', 'admitted') AND NEW.state NOT IN ('waiting', 'admitted'))
  EXECUTE FUNCTION rightcall_settle_promise();
--> statement-breakpoint
SELECT rightcall_keep_apart('scripts');
--> statement-breakpoint
SELECT rightcall_keep_apart('script_versions');
--> statement-breakpoint
SELECT rightcall_keep_apart('callbacks');
--> statement-breakpoint
-- A version of a script is what it is for good; only that it was published is added. Promises are never removed.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rightcall_app') THEN
    REVOKE UPDATE, DELETE ON script_versions FROM rightcall_app;
    GRANT UPDATE (published_by, published_at) ON script_versions TO rightcall_app;
    REVOKE DELETE ON callbacks, scripts FROM rightcall_app;
  END IF;
END $$;
