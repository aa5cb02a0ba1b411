-- The evidence log: decisions sealed in the background into one Merkle tree a tenant, and the signed checkpoints of it.
-- Nothing here is written by the gate. Why so: docs/adr/0015-evidence-log.md.

CREATE TABLE "evidence_logs" (
	"tenant_id" uuid PRIMARY KEY NOT NULL,
	"size" bigint DEFAULT 0 NOT NULL,
	"floor_id" uuid DEFAULT '00000000-0000-0000-0000-000000000000' NOT NULL,
	"settled_id" uuid DEFAULT '00000000-0000-0000-0000-000000000000' NOT NULL,
	"watch_id" uuid DEFAULT '00000000-0000-0000-0000-000000000000' NOT NULL,
	"watch_xid" bigint DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "evidence_leaves" (
	"tenant_id" uuid NOT NULL,
	"position" bigint NOT NULL,
	"decision_id" uuid NOT NULL,
	"hash" bytea NOT NULL,
	CONSTRAINT "evidence_leaves_tenant_id_position_pk" PRIMARY KEY("tenant_id","position")
);
--> statement-breakpoint
-- A decision is sealed once, whoever seals.
CREATE UNIQUE INDEX "evidence_leaves_decision" ON "evidence_leaves" USING btree ("tenant_id","decision_id");
--> statement-breakpoint
CREATE TABLE "evidence_nodes" (
	"tenant_id" uuid NOT NULL,
	"level" smallint NOT NULL,
	"position" bigint NOT NULL,
	"hash" bytea NOT NULL,
	CONSTRAINT "evidence_nodes_tenant_id_level_position_pk" PRIMARY KEY("tenant_id","level","position")
);
--> statement-breakpoint
CREATE TABLE "evidence_checkpoints" (
	"tenant_id" uuid NOT NULL,
	"size" bigint NOT NULL,
	"previous_size" bigint NOT NULL,
	"root" text NOT NULL,
	"at_real" timestamptz(3) NOT NULL,
	"key_id" text NOT NULL,
	"public_key" text NOT NULL,
	"signature" text NOT NULL,
	"copied_real" timestamptz(3),
	CONSTRAINT "evidence_checkpoints_tenant_id_size_pk" PRIMARY KEY("tenant_id","size")
);
--> statement-breakpoint
CREATE INDEX "evidence_checkpoints_uncopied" ON "evidence_checkpoints" USING btree ("tenant_id","size") WHERE copied_real IS NULL;
--> statement-breakpoint
SELECT rightcall_keep_apart('evidence_logs');
--> statement-breakpoint
SELECT rightcall_keep_apart('evidence_leaves');
--> statement-breakpoint
SELECT rightcall_keep_apart('evidence_nodes');
--> statement-breakpoint
SELECT rightcall_keep_apart('evidence_checkpoints');
--> statement-breakpoint
-- What was sealed is never changed or removed by the engine; of a checkpoint only that it was copied is noted.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rightcall_app') THEN
    REVOKE UPDATE, DELETE ON evidence_leaves, evidence_nodes, evidence_checkpoints FROM rightcall_app;
    GRANT UPDATE ("copied_real") ON evidence_checkpoints TO rightcall_app;
    REVOKE DELETE ON evidence_logs FROM rightcall_app;
  END IF;
END $$;
