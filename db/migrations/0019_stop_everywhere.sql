-- Stops of the whole installation: every tenant at once. A row belongs to no tenant, so that all see it and the gate of
-- each is held by it; one stands at a time, and it stands until it is lifted.
CREATE TABLE "installation_stops" (
	"id" uuid PRIMARY KEY NOT NULL,
	"stopped_at" timestamptz(3) NOT NULL,
	"stopped_real" timestamptz(3) NOT NULL,
	"stopped_by" text NOT NULL,
	"reason" text,
	"lifted_at" timestamptz(3),
	"lifted_real" timestamptz(3),
	"lifted_by" text
);
--> statement-breakpoint
CREATE UNIQUE INDEX "installation_stops_standing" ON "installation_stops" USING btree ((true)) WHERE lifted_real IS NULL;
--> statement-breakpoint
ALTER TABLE "installation_stops" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "installation_stops" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "everyone" ON "installation_stops" USING (true) WITH CHECK (true);
--> statement-breakpoint
-- What was stopped, when and by whom, is evidence: it is lifted, and never removed.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rightcall_app') THEN
    REVOKE DELETE ON installation_stops FROM rightcall_app;
  END IF;
END $$;
--> statement-breakpoint
-- What a stop came to is on record with it: calls hung up, and whether every one that rang was confirmed to be down.
ALTER TABLE "stop_requests"
	ADD COLUMN "hung_up" integer,
	ADD COLUMN "complete" boolean;
--> statement-breakpoint
-- Stops that nobody has acknowledged yet: few, and looked for every second.
CREATE INDEX IF NOT EXISTS "stop_requests_open" ON "stop_requests" USING btree ("tenant_id","committed_real") WHERE acknowledged_real IS NULL;
