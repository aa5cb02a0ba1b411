-- Publishing: drafts of policies with their checks, reviews and previews; sets that take effect at an instant; and the
-- waiting contacts re-timed by a set that took effect. Why so: docs/adr/0016-publishing-policies.md.

CREATE TABLE "policy_drafts" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"title" text NOT NULL,
	"note" text,
	"base_hash" text NOT NULL,
	"changes" jsonb NOT NULL,
	"cases" jsonb NOT NULL,
	"accepted" jsonb NOT NULL,
	"status" text NOT NULL,
	"revision" integer NOT NULL,
	"candidate_hash" text,
	"authors" text[] NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamptz(3) NOT NULL,
	"updated_at" timestamptz(3) NOT NULL,
	"closed_at" timestamptz(3),
	CONSTRAINT "policy_drafts_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE INDEX "policy_drafts_status" ON "policy_drafts" USING btree ("tenant_id","status","id");
--> statement-breakpoint
CREATE TABLE "policy_checks" (
	"tenant_id" uuid NOT NULL,
	"id" bigserial NOT NULL,
	"draft_id" uuid NOT NULL,
	"draft_revision" integer NOT NULL,
	"base_hash" text NOT NULL,
	"candidate_hash" text,
	"passed" boolean NOT NULL,
	"result" jsonb NOT NULL,
	"checked_by" text NOT NULL,
	"checked_at" timestamptz(3) NOT NULL,
	CONSTRAINT "policy_checks_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE INDEX "policy_checks_draft" ON "policy_checks" USING btree ("tenant_id","draft_id","id");
--> statement-breakpoint
-- What a second person said of a draft: of these bytes (candidate_hash), and of no later ones.
CREATE TABLE "policy_reviews" (
	"tenant_id" uuid NOT NULL,
	"id" bigserial NOT NULL,
	"draft_id" uuid NOT NULL,
	"draft_revision" integer NOT NULL,
	"candidate_hash" text NOT NULL,
	"verdict" text NOT NULL,
	"note" text,
	"reviewed_by" text NOT NULL,
	"reviewed_at" timestamptz(3) NOT NULL,
	CONSTRAINT "policy_reviews_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
-- One approval of a person for one revision, whatever is sent twice or at once.
CREATE UNIQUE INDEX "policy_reviews_once" ON "policy_reviews" USING btree ("tenant_id","draft_id","draft_revision","reviewed_by","verdict");
--> statement-breakpoint
CREATE TABLE "policy_previews" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"draft_id" uuid NOT NULL,
	"draft_revision" integer NOT NULL,
	"candidate_hash" text NOT NULL,
	"base_hash" text NOT NULL,
	"status" text NOT NULL,
	"requested_by" text NOT NULL,
	"requested_at" timestamptz(3) NOT NULL,
	"request" jsonb NOT NULL,
	"progress" jsonb,
	"result" jsonb,
	"started_real" timestamptz(3),
	"heartbeat_real" timestamptz(3),
	"finished_at" timestamptz(3),
	CONSTRAINT "policy_previews_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE INDEX "policy_previews_draft" ON "policy_previews" USING btree ("tenant_id","draft_id","draft_revision","id");
--> statement-breakpoint
CREATE INDEX "policy_previews_open" ON "policy_previews" USING btree ("tenant_id","requested_at") WHERE finished_at IS NULL;
--> statement-breakpoint
-- When a set takes effect. Null: at once, for every decision that sees the row, whatever its machine's clock says; so it
-- is for those that the version before writes.
ALTER TABLE "policy_activations" ADD COLUMN "effective_at" timestamptz(3);
--> statement-breakpoint
ALTER TABLE "policy_activations" ADD COLUMN "draft_id" uuid;
--> statement-breakpoint
ALTER TABLE "policy_activations" ADD COLUMN "note" text;
--> statement-breakpoint
-- What is in force at an instant, for every gate pass. A row for each publication: built at once.
CREATE INDEX IF NOT EXISTS "policy_activations_effective" ON "policy_activations" USING btree ("tenant_id",(coalesce("effective_at","activated_at")) DESC,"id" DESC);
--> statement-breakpoint
-- Activations that were called off before they took effect; rows of their own, because activations are never changed.
CREATE TABLE "policy_cancellations" (
	"tenant_id" uuid NOT NULL,
	"activation_id" bigint NOT NULL,
	"cancelled_by" text NOT NULL,
	"cancelled_at" timestamptz(3) NOT NULL,
	"note" text,
	CONSTRAINT "policy_cancellations_tenant_id_activation_id_pk" PRIMARY KEY("tenant_id","activation_id")
);
--> statement-breakpoint
-- How far the waiting contacts were re-timed by a set that took effect.
CREATE TABLE "policy_retimings" (
	"tenant_id" uuid NOT NULL,
	"activation_id" bigint NOT NULL,
	"set_hash" text NOT NULL,
	"state" text NOT NULL,
	"after_contact" uuid,
	"looked_at" integer DEFAULT 0 NOT NULL,
	"earlier" integer DEFAULT 0 NOT NULL,
	"later" integer DEFAULT 0 NOT NULL,
	"due_at" timestamptz(3) NOT NULL,
	"started_at" timestamptz(3),
	"finished_at" timestamptz(3),
	CONSTRAINT "policy_retimings_tenant_id_activation_id_pk" PRIMARY KEY("tenant_id","activation_id")
);
--> statement-breakpoint
CREATE INDEX "policy_retimings_open" ON "policy_retimings" USING btree ("tenant_id","due_at") WHERE finished_at IS NULL;
--> statement-breakpoint
SELECT rightcall_keep_apart('policy_drafts');
--> statement-breakpoint
SELECT rightcall_keep_apart('policy_checks');
--> statement-breakpoint
SELECT rightcall_keep_apart('policy_reviews');
--> statement-breakpoint
SELECT rightcall_keep_apart('policy_previews');
--> statement-breakpoint
SELECT rightcall_keep_apart('policy_cancellations');
--> statement-breakpoint
SELECT rightcall_keep_apart('policy_retimings');
--> statement-breakpoint
-- What was checked, said and called off stays as it was; drafts end, and are not removed. All of these are new tables.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rightcall_app') THEN
    REVOKE UPDATE, DELETE ON policy_checks, policy_reviews, policy_cancellations FROM rightcall_app;
    REVOKE DELETE ON policy_drafts, policy_retimings FROM rightcall_app;
  END IF;
END $$;
