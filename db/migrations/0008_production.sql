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
-- Stops are looked at by the instant they bound at, for the time their acknowledgement takes.
CREATE INDEX IF NOT EXISTS "stop_requests_recent" ON "stop_requests" USING btree ("tenant_id","committed_real");
