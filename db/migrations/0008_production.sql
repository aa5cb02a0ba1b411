-- Says whether the master key that a process was given is the one that this tenant's rows are sealed under.
CREATE TABLE "key_canaries" (
	"tenant_id" uuid PRIMARY KEY NOT NULL,
	"sealed" bytea NOT NULL,
	"made_real" timestamptz(3) NOT NULL
);
--> statement-breakpoint
SELECT rightcall_keep_apart('key_canaries');
--> statement-breakpoint
-- W3C trace context of the request that last started or resumed the campaign; null where nobody traced it.
ALTER TABLE "campaigns" ADD COLUMN "trace_parent" text;
--> statement-breakpoint
-- Plain and not CONCURRENTLY: there is one row a stop (pause, withdrawal, do-not-call entry), so it takes well under a
-- second at a million of them, and stops wait for no longer.
CREATE INDEX "stop_requests_recent" ON "stop_requests" USING btree ("tenant_id","committed_real");
