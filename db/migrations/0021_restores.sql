-- A database that was taken back to an earlier state: since when, what the carriers told of the time that it lost, and who
-- let it dial again. How it is used: docs/restore.md.
CREATE TABLE "restores" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"since_at" timestamptz(3) NOT NULL,
	"began_at" timestamptz(3) NOT NULL,
	"began_real" timestamptz(3) NOT NULL,
	"began_by" text NOT NULL,
	"was_stopped" boolean NOT NULL,
	"sealed_size" bigint NOT NULL,
	"copied_size" bigint,
	"finished_real" timestamptz(3),
	"finished_by" text,
	CONSTRAINT "restores_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
-- One at a time.
CREATE UNIQUE INDEX "restores_open" ON "restores" USING btree ("tenant_id") WHERE finished_real IS NULL;
--> statement-breakpoint
-- What a carrier told; the latest answer of each.
CREATE TABLE "restore_carriers" (
	"tenant_id" uuid NOT NULL,
	"restore_id" uuid NOT NULL,
	"carrier_id" uuid NOT NULL,
	"state" text NOT NULL,
	"asked_real" timestamptz(3) NOT NULL,
	"counts" jsonb NOT NULL,
	"reason" text,
	"decided_by" text,
	CONSTRAINT "restore_carriers_tenant_id_restore_id_carrier_id_pk" PRIMARY KEY("tenant_id","restore_id","carrier_id")
);
--> statement-breakpoint
-- Calls that a carrier took for contacts that the database does not have any more: their numbers were rung all the same.
CREATE TABLE "restored_calls" (
	"tenant_id" uuid NOT NULL,
	"carrier_id" uuid NOT NULL,
	"attempt_id" text NOT NULL,
	"restore_id" uuid NOT NULL,
	"carrier_ref" text NOT NULL,
	"number_hash" bytea,
	"accepted_at" timestamptz(3) NOT NULL,
	"ended" jsonb,
	"hung_up" boolean NOT NULL,
	"person_id" uuid,
	CONSTRAINT "restored_calls_tenant_id_carrier_id_attempt_id_pk" PRIMARY KEY("tenant_id","carrier_id","attempt_id")
);
--> statement-breakpoint
CREATE INDEX "restored_calls_waiting" ON "restored_calls" USING btree ("tenant_id","number_hash") WHERE person_id IS NULL;
--> statement-breakpoint
-- An attempt that stands here on the carrier's word alone: its decision was lost with the backup.
ALTER TABLE "attempts" ALTER COLUMN "decision_id" DROP NOT NULL;
--> statement-breakpoint
ALTER TABLE "attempts" ADD COLUMN "restored_real" timestamptz(3);
--> statement-breakpoint
-- Without a decision there is nothing but the carrier's word.
ALTER TABLE "attempts" ADD CONSTRAINT "attempts_decided" CHECK (decision_id IS NOT NULL OR restored_real IS NOT NULL) NOT VALID;
--> statement-breakpoint
SELECT rightcall_keep_apart('restores');
--> statement-breakpoint
SELECT rightcall_keep_apart('restore_carriers');
--> statement-breakpoint
SELECT rightcall_keep_apart('restored_calls');
--> statement-breakpoint
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rightcall_app') THEN
    REVOKE DELETE ON restores, restore_carriers, restored_calls FROM rightcall_app;
  END IF;
END $$;
