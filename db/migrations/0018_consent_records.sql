-- Consent records after ISO/IEC TS 27560: what rules look at in columns, the rest as one document beside the event.
-- Columns are added with constant defaults, which rewrites nothing (docs/upgrading.md).
ALTER TABLE "consent_events"
	ADD COLUMN "seller" text,
	ADD COLUMN "technologies" text[] DEFAULT '{}' NOT NULL,
	ADD COLUMN "separate" text[] DEFAULT '{}' NOT NULL,
	ADD COLUMN "guardian_id" uuid,
	ADD COLUMN "number_hash" bytea,
	ADD COLUMN "ownership_verified_at" timestamptz(3),
	ADD COLUMN "renewed_from" uuid,
	ADD COLUMN "notice_id" text,
	ADD COLUMN "notice_version" integer,
	ADD COLUMN "record" jsonb DEFAULT '{}' NOT NULL;
--> statement-breakpoint
-- Grants that will end, by when.
CREATE INDEX IF NOT EXISTS "consent_events_expiry" ON "consent_events" USING btree ("tenant_id","expires_at","id") WHERE expires_at IS NOT NULL AND kind = 'grant';
--> statement-breakpoint
-- The whole ledger, in the order in which it was recorded.
CREATE INDEX IF NOT EXISTS "consent_events_recorded" ON "consent_events" USING btree ("tenant_id","recorded_at","id");
--> statement-breakpoint
-- Texts that people were shown: immutable versions.
CREATE TABLE "consent_notices" (
	"tenant_id" uuid NOT NULL,
	"id" text NOT NULL,
	"version" integer NOT NULL,
	"language" text NOT NULL,
	"title" text NOT NULL,
	"text" text NOT NULL,
	"text_hash" bytea NOT NULL,
	"items" text[] NOT NULL,
	"published_at" timestamptz(3) NOT NULL,
	"published_by" text NOT NULL,
	CONSTRAINT "consent_notices_tenant_id_id_version_pk" PRIMARY KEY("tenant_id","id","version")
);
--> statement-breakpoint
SELECT rightcall_keep_apart('consent_notices');
--> statement-breakpoint
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rightcall_app') THEN
    REVOKE UPDATE, DELETE ON consent_notices FROM rightcall_app;
  END IF;
END $$;
