-- Row-level security keeps tenants apart (I12). The engine works as the role rightcall_app, which owns nothing
-- and bypasses nothing; every transaction names its tenant in the setting rightcall.tenant_id. With no tenant
-- named, no row is seen.

-- Roles belong to the whole cluster, so another database may make this one at the same moment. Where we may not
-- make roles, FORCE below holds the owner itself to the policies, and opening a connection checks that it is held.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rightcall_app') THEN
    CREATE ROLE rightcall_app NOLOGIN NOSUPERUSER NOBYPASSRLS;
  END IF;
EXCEPTION
  WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL;
END $$;
--> statement-breakpoint
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rightcall_app') THEN
    BEGIN
      EXECUTE format('GRANT rightcall_app TO %I', current_user);
    EXCEPTION WHEN OTHERS THEN NULL; -- already a member, a superuser, or granted at the same moment elsewhere
    END;
    GRANT USAGE ON SCHEMA public, vault TO rightcall_app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public, vault TO rightcall_app;
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA public, vault TO rightcall_app;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO rightcall_app;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO rightcall_app;
    ALTER DEFAULT PRIVILEGES IN SCHEMA vault GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO rightcall_app;
  END IF;
END $$;
--> statement-breakpoint
DO $$
DECLARE
  t record;
BEGIN
  FOR t IN
    SELECT n.nspname AS schema_name, c.relname AS table_name
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
    WHERE c.relkind = 'r' AND n.nspname IN ('public', 'vault')
  LOOP
    EXECUTE format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY', t.schema_name, t.table_name);
    EXECUTE format('ALTER TABLE %I.%I FORCE ROW LEVEL SECURITY', t.schema_name, t.table_name);
    EXECUTE format('DROP POLICY IF EXISTS tenant_only ON %I.%I', t.schema_name, t.table_name);
    EXECUTE format(
      'CREATE POLICY tenant_only ON %I.%I '
      'USING (tenant_id = (SELECT NULLIF(current_setting(''rightcall.tenant_id'', true), '''')::uuid)) '
      'WITH CHECK (tenant_id = (SELECT NULLIF(current_setting(''rightcall.tenant_id'', true), '''')::uuid))',
      t.schema_name, t.table_name);
  END LOOP;
END $$;
--> statement-breakpoint
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY tenant_only ON tenants
  USING (id = (SELECT NULLIF(current_setting('rightcall.tenant_id', true), '')::uuid))
  WITH CHECK (id = (SELECT NULLIF(current_setting('rightcall.tenant_id', true), '')::uuid));
--> statement-breakpoint
-- Sweepers and start-up must know which tenants there are, and nothing else about them. Runs as the tables' owner.
CREATE FUNCTION rightcall_tenants() RETURNS TABLE (tenant_id uuid, slug text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
  AS $$ SELECT id, slug FROM tenants ORDER BY slug $$;
--> statement-breakpoint
-- Evidence and consent are never changed or removed by the engine, only added to.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rightcall_app') THEN
    REVOKE UPDATE, DELETE ON decisions, consent_events, campaign_revisions, policy_documents, policy_sets,
      policy_activations, dispositions FROM rightcall_app;
    REVOKE DELETE ON attempts, call_events, calls, stop_requests FROM rightcall_app;
  END IF;
END $$;
