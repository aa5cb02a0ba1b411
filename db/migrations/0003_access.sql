-- Keys of the API, what was answered under an Idempotency-Key, and the ways into the record of changes.
CREATE TABLE "api_keys" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"name" text NOT NULL,
	"hash" bytea NOT NULL,
	"prefix" text NOT NULL,
	"roles" text[] NOT NULL,
	"scopes" text[],
	"revision" integer NOT NULL,
	"created_real" timestamptz(3) NOT NULL,
	"created_by" text NOT NULL,
	"expires_real" timestamptz(3),
	"revoked_real" timestamptz(3),
	"last_used_real" timestamptz(3),
	"successor" uuid,
	CONSTRAINT "api_keys_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE UNIQUE INDEX "api_keys_hash" ON "api_keys" USING btree ("tenant_id","hash");
--> statement-breakpoint
-- A name stands for one key at a time, since changes are recorded under it; a key that was rotated or revoked gives it free.
CREATE UNIQUE INDEX "api_keys_name" ON "api_keys" USING btree ("tenant_id","name")
  WHERE "revoked_real" IS NULL AND "successor" IS NULL;
--> statement-breakpoint
SELECT rightcall_keep_apart('api_keys');
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"tenant_id" uuid NOT NULL,
	"actor" text NOT NULL,
	"key_hash" bytea NOT NULL,
	"operation" text NOT NULL,
	"fingerprint" bytea NOT NULL,
	"fence" integer NOT NULL,
	"created_real" timestamptz(3) NOT NULL,
	"lease_until_real" timestamptz(3) NOT NULL,
	"applied_real" timestamptz(3),
	"answered_real" timestamptz(3),
	"sealed_answer" bytea,
	CONSTRAINT "idempotency_keys_tenant_id_actor_key_hash_pk" PRIMARY KEY("tenant_id","actor","key_hash")
);
--> statement-breakpoint
CREATE INDEX "idempotency_keys_created" ON "idempotency_keys" USING btree ("tenant_id","created_real");
--> statement-breakpoint
SELECT rightcall_keep_apart('idempotency_keys');
--> statement-breakpoint
-- Plain indexes on an older table: `changes` comes with the version that this one upgrades with, so it is empty or small.
CREATE INDEX IF NOT EXISTS "changes_at" ON "changes" USING btree ("tenant_id","at","id");
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "changes_resource_at" ON "changes" USING btree ("tenant_id","resource_id","at","id");
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "changes_actor_at" ON "changes" USING btree ("tenant_id","actor","at","id");
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "changes_action_at" ON "changes" USING btree ("tenant_id","action","at","id");
