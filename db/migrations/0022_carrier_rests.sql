-- How a carrier's line is doing, beside its send slots: requests in a row that came to nothing by the carrier's doing,
-- and until when (real) nothing more is asked of it. Null: it is not resting.
ALTER TABLE "send_pace" ADD COLUMN "failures_in_row" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "send_pace" ADD COLUMN "rests_until_real" timestamptz(3);
