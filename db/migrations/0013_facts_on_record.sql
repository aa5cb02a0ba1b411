-- What rules may look at beyond consents, lists and attempts: what the tenant attests (registrations, assessments, proofs
-- of caller ids, emergencies, transfers), what is on record of a contact's matter, whose line it is, and what a
-- do-not-call entry is limited to. Where each fact comes from: docs/facts.md.
CREATE TABLE "attested_facts" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"kind" text NOT NULL,
	"name" text NOT NULL,
	"jurisdiction" text,
	"detail" jsonb NOT NULL,
	"valid_from" timestamptz(3) NOT NULL,
	"valid_until" timestamptz(3),
	"recorded_at" timestamptz(3) NOT NULL,
	"recorded_by" text NOT NULL,
	"retracted_at" timestamptz(3),
	"retracted_by" text,
	"superseded_at" timestamptz(3),
	CONSTRAINT "attested_facts_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
-- Those that decisions look at: read by every pass of the gate.
CREATE INDEX "attested_facts_live" ON "attested_facts" USING btree ("tenant_id","kind","name") WHERE retracted_at IS NULL AND superseded_at IS NULL;
--> statement-breakpoint
SELECT rightcall_keep_apart('attested_facts');
--> statement-breakpoint
-- Numbers that campaigns show, as decisions see them: the gate holds no key to make a pseudonym with.
CREATE TABLE "caller_numbers" (
	"tenant_id" uuid NOT NULL,
	"number" text NOT NULL,
	"number_hash" "bytea" NOT NULL,
	"country" text,
	"number_type" text NOT NULL,
	"prefix" text NOT NULL,
	CONSTRAINT "caller_numbers_tenant_id_number_pk" PRIMARY KEY("tenant_id","number")
);
--> statement-breakpoint
SELECT rightcall_keep_apart('caller_numbers');
--> statement-breakpoint
-- What was said stays as it was; that it was taken back, or that a newer reading took its place, is added to it. Both
-- tables are new.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rightcall_app') THEN
    REVOKE UPDATE, DELETE ON attested_facts FROM rightcall_app;
    GRANT UPDATE (retracted_at, retracted_by, superseded_at) ON attested_facts TO rightcall_app;
  END IF;
END $$;
--> statement-breakpoint
-- Whose rules bind the line; null: the adapter's kind says it.
ALTER TABLE "carriers" ADD COLUMN "vendor" text;
--> statement-breakpoint
-- Empty: all channels, as the version before means it.
ALTER TABLE "suppressions" ADD COLUMN "channels" text[] DEFAULT '{}' NOT NULL;
--> statement-breakpoint
ALTER TABLE "suppressions" ADD COLUMN "category" text;
--> statement-breakpoint
-- Who is called about what; null: nothing is on record.
ALTER TABLE "contacts" ADD COLUMN "matter" jsonb;
--> statement-breakpoint
ALTER TABLE "attempts" ADD COLUMN "debt" text;
--> statement-breakpoint
ALTER TABLE "attempts" ADD COLUMN "subject" text;
--> statement-breakpoint
CREATE FUNCTION rightcall_matter_was() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM rightcall_was(OLD.tenant_id, 'matter', OLD.id::text, jsonb_build_object('matter', OLD.matter));
  RETURN NULL;
END $$;
--> statement-breakpoint
-- The version before goes on as it was: it never writes the column.
CREATE TRIGGER fact_history_matter AFTER UPDATE OF matter ON contacts FOR EACH ROW
  WHEN (OLD.matter IS DISTINCT FROM NEW.matter) EXECUTE FUNCTION rightcall_matter_was();
