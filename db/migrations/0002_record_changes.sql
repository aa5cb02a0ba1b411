-- Keeps a table's tenants apart as 0001 does for the tables of 0000; every later table with a tenant_id calls it.
CREATE FUNCTION rightcall_keep_apart(isolated regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', isolated);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', isolated);
  EXECUTE format(
    'CREATE POLICY tenant_only ON %s '
    'USING (tenant_id = (SELECT NULLIF(current_setting(''rightcall.tenant_id'', true), '''')::uuid)) '
    'WITH CHECK (tenant_id = (SELECT NULLIF(current_setting(''rightcall.tenant_id'', true), '''')::uuid))',
    isolated);
END $$;
--> statement-breakpoint
CREATE TABLE "changes" (
	"tenant_id" uuid NOT NULL,
	"id" bigserial NOT NULL,
	"at" timestamptz(3) NOT NULL,
	"recorded_real" timestamptz(3) NOT NULL,
	"actor" text NOT NULL,
	"request_id" text,
	"action" text NOT NULL,
	"resource" text NOT NULL,
	"resource_id" text NOT NULL,
	"before" jsonb,
	"after" jsonb,
	"reason" text,
	CONSTRAINT "changes_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE INDEX "changes_resource" ON "changes" USING btree ("tenant_id","resource","resource_id","id");
--> statement-breakpoint
CREATE INDEX "changes_actor" ON "changes" USING btree ("tenant_id","actor","id");
--> statement-breakpoint
SELECT rightcall_keep_apart('changes');
--> statement-breakpoint
-- Who did what is only ever added to.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rightcall_app') THEN
    REVOKE UPDATE, DELETE ON changes FROM rightcall_app;
  END IF;
END $$;
