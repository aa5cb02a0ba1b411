-- Whether calls did what the rules that allowed them laid on them: one row for each duty of a call, written when its end
-- is known, in the same transaction. What is in them and how they are found: docs/duties.md.
CREATE TABLE "duty_checks" (
	"tenant_id" uuid NOT NULL,
	"attempt_id" text NOT NULL,
	"n" integer NOT NULL,
	"decision_id" uuid NOT NULL,
	"pack" text NOT NULL,
	"rule" text NOT NULL,
	"kind" text NOT NULL,
	"outcome" text NOT NULL,
	"why" jsonb NOT NULL,
	"conduct" jsonb NOT NULL,
	"at" timestamptz(3) NOT NULL,
	"recorded_real" timestamptz(3) NOT NULL,
	CONSTRAINT "duty_checks_tenant_id_attempt_id_n_pk" PRIMARY KEY("tenant_id","attempt_id","n")
);
--> statement-breakpoint
SELECT rightcall_keep_apart('duty_checks');
--> statement-breakpoint
-- What was found stays as it is. The table is new.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rightcall_app') THEN
    REVOKE UPDATE, DELETE ON duty_checks FROM rightcall_app;
  END IF;
END $$;
