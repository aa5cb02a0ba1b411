-- What rows that decisions look at were before they changed, so that an earlier instant is told as it was known then and
-- not as it was corrected later. Kept by triggers, in the transaction of the change itself, whoever makes it. Rows that
-- are only ever added to (consent events, revisions, activations) need none: they say when they were recorded.
CREATE TABLE "fact_history" (
	"tenant_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"key" text NOT NULL,
	"until_at" timestamptz(3) NOT NULL,
	"id" bigserial NOT NULL,
	"until_real" timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
	"was" jsonb,
	CONSTRAINT "fact_history_tenant_id_kind_key_until_at_id_pk" PRIMARY KEY("tenant_id","kind","key","until_at","id")
);
--> statement-breakpoint
-- A person's numbers as they were, also those that are somebody else's now.
CREATE INDEX "fact_history_person" ON "fact_history" USING btree ("tenant_id",("was"->>'person_id')) WHERE kind = 'number';
--> statement-breakpoint
-- Of tenants that were there before, what was before this instant is not known.
INSERT INTO fact_history (tenant_id, kind, key, until_at) SELECT tenant_id, 'history', 'begun', now() FROM rightcall_tenants();
--> statement-breakpoint
SELECT rightcall_keep_apart('fact_history');
--> statement-breakpoint
-- Only ever added to. The table is new.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rightcall_app') THEN
    REVOKE UPDATE, DELETE ON fact_history FROM rightcall_app;
  END IF;
END $$;
--> statement-breakpoint
-- The instant on the engine's clock: of the transaction, where the engine says it (db/client.ts); else real time, which
-- it is wherever no rehearsal runs. So it is for the version before, which does not say it.
CREATE FUNCTION rightcall_engine_now() RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT coalesce(nullif(current_setting('rightcall.at', true), '')::timestamptz, clock_timestamp()) $$;
--> statement-breakpoint
CREATE FUNCTION rightcall_was(tenant uuid, what text, which text, state jsonb) RETURNS void LANGUAGE sql AS $$
  INSERT INTO fact_history (tenant_id, kind, key, until_at, was)
  VALUES (tenant, what, which, rightcall_engine_now(), state) $$;
--> statement-breakpoint
CREATE FUNCTION rightcall_suppression_was() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM rightcall_was(OLD.tenant_id, 'suppression', OLD.id::text, to_jsonb(OLD) - ARRAY['tenant_id', 'number_hash']);
  RETURN NULL;
END $$;
--> statement-breakpoint
-- The version before goes on as it was: this only writes rows of its own.
CREATE TRIGGER fact_history AFTER UPDATE ON suppressions FOR EACH ROW
  WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION rightcall_suppression_was();
--> statement-breakpoint
-- Null: the list was not held.
CREATE FUNCTION rightcall_list_was() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM rightcall_was(NEW.tenant_id, 'list', NEW.list,
    CASE TG_OP WHEN 'UPDATE' THEN to_jsonb(OLD) - ARRAY['tenant_id', 'list'] END);
  RETURN NULL;
END $$;
--> statement-breakpoint
-- The version before goes on as it was: this only writes rows of its own.
CREATE TRIGGER fact_history AFTER INSERT ON suppression_lists FOR EACH ROW EXECUTE FUNCTION rightcall_list_was();
--> statement-breakpoint
-- The version before goes on as it was: this only writes rows of its own.
CREATE TRIGGER fact_history_change AFTER UPDATE ON suppression_lists FOR EACH ROW
  WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION rightcall_list_was();
--> statement-breakpoint
CREATE FUNCTION rightcall_number_was() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM rightcall_was(OLD.tenant_id, 'number', encode(OLD.number_hash, 'hex'),
    to_jsonb(OLD) - ARRAY['tenant_id', 'number_hash', 'sealed_number']);
  RETURN NULL;
END $$;
--> statement-breakpoint
-- The version before goes on as it was: this only writes rows of its own.
CREATE TRIGGER fact_history AFTER UPDATE ON person_numbers FOR EACH ROW
  WHEN ((OLD.person_id, OLD.country, OLD.number_type, OLD.is_primary, OLD.locations)
        IS DISTINCT FROM (NEW.person_id, NEW.country, NEW.number_type, NEW.is_primary, NEW.locations))
  EXECUTE FUNCTION rightcall_number_was();
--> statement-breakpoint
-- A number that somebody gets beside those they have was not theirs before (null). The first one of a person needs no
-- word: before it there was nobody to ask about.
CREATE FUNCTION rightcall_numbers_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM rightcall_was(n.tenant_id, 'number', encode(n.number_hash, 'hex'), NULL)
  FROM added n
  WHERE EXISTS (SELECT FROM person_numbers o WHERE o.tenant_id = n.tenant_id AND o.person_id = n.person_id
                  AND o.number_hash <> n.number_hash);
  RETURN NULL;
END $$;
--> statement-breakpoint
-- The version before goes on as it was: this only writes rows of its own.
CREATE TRIGGER fact_history_added AFTER INSERT ON person_numbers REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION rightcall_numbers_added();
--> statement-breakpoint
CREATE FUNCTION rightcall_contact_was() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM rightcall_was(OLD.tenant_id, 'contact', OLD.id::text,
    jsonb_build_object('state', OLD.state, 'state_reason', OLD.state_reason, 'ready_at', OLD.ready_at));
  RETURN NULL;
END $$;
--> statement-breakpoint
-- The version before goes on as it was: this only writes rows of its own.
CREATE TRIGGER fact_history AFTER UPDATE OF state, state_reason, ready_at ON contacts FOR EACH ROW
  WHEN ((OLD.state, OLD.state_reason, OLD.ready_at) IS DISTINCT FROM (NEW.state, NEW.state_reason, NEW.ready_at))
  EXECUTE FUNCTION rightcall_contact_was();
--> statement-breakpoint
CREATE FUNCTION rightcall_campaign_was() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM rightcall_was(OLD.tenant_id, 'campaign', OLD.id::text, jsonb_build_object('status', OLD.status));
  RETURN NULL;
END $$;
--> statement-breakpoint
-- The version before goes on as it was: this only writes rows of its own.
CREATE TRIGGER fact_history AFTER UPDATE OF status ON campaigns FOR EACH ROW
  WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION rightcall_campaign_was();
--> statement-breakpoint
CREATE FUNCTION rightcall_carrier_was() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM rightcall_was(OLD.tenant_id, 'carrier', OLD.id::text, jsonb_build_object('paused_real', OLD.paused_real));
  RETURN NULL;
END $$;
--> statement-breakpoint
-- The version before goes on as it was: this only writes rows of its own.
CREATE TRIGGER fact_history AFTER UPDATE OF paused_real ON carriers FOR EACH ROW
  WHEN (OLD.paused_real IS DISTINCT FROM NEW.paused_real) EXECUTE FUNCTION rightcall_carrier_was();
--> statement-breakpoint
CREATE FUNCTION rightcall_tenant_was() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM rightcall_was(OLD.id, 'tenant', OLD.id::text,
    jsonb_build_object('dialling_stopped_at', OLD.dialling_stopped_at));
  RETURN NULL;
END $$;
--> statement-breakpoint
-- The version before goes on as it was: this only writes rows of its own.
CREATE TRIGGER fact_history AFTER UPDATE OF dialling_stopped_at ON tenants FOR EACH ROW
  WHEN (OLD.dialling_stopped_at IS DISTINCT FROM NEW.dialling_stopped_at) EXECUTE FUNCTION rightcall_tenant_was();
--> statement-breakpoint
-- When the end of an attempt, and an answer, became known: a carrier's event may come long after what it tells of. Null:
-- before this was noted; the instant told is taken then.
ALTER TABLE "attempts" ADD COLUMN "end_known_at" timestamptz(3);
--> statement-breakpoint
ALTER TABLE "calls" ADD COLUMN "answer_known_at" timestamptz(3);
--> statement-breakpoint
CREATE FUNCTION rightcall_end_known() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.end_known_at := rightcall_engine_now();
  RETURN NEW;
END $$;
--> statement-breakpoint
-- The version before goes on as it was: the column is one that it does not know.
CREATE TRIGGER end_known BEFORE UPDATE ON attempts FOR EACH ROW
  WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL) EXECUTE FUNCTION rightcall_end_known();
--> statement-breakpoint
CREATE FUNCTION rightcall_answer_known() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.answer_known_at := rightcall_engine_now();
  RETURN NEW;
END $$;
--> statement-breakpoint
-- The version before goes on as it was: the column is one that it does not know.
CREATE TRIGGER answer_known BEFORE INSERT ON calls FOR EACH ROW
  WHEN (NEW.answered_at IS NOT NULL) EXECUTE FUNCTION rightcall_answer_known();
--> statement-breakpoint
-- The version before goes on as it was: the column is one that it does not know.
CREATE TRIGGER answer_known_later BEFORE UPDATE ON calls FOR EACH ROW
  WHEN (OLD.answered_at IS NULL AND NEW.answered_at IS NOT NULL) EXECUTE FUNCTION rightcall_answer_known();
--> statement-breakpoint
-- What was known of an attempt is corrected only after its end, and rarely.
CREATE FUNCTION rightcall_attempt_was() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM rightcall_was(OLD.tenant_id, 'attempt', OLD.id,
    jsonb_build_object('rang_at', OLD.rang_at, 'ended_at', OLD.ended_at, 'conversation', OLD.conversation,
                       'outcome', OLD.outcome, 'disposition', OLD.disposition, 'state', OLD.state));
  RETURN NULL;
END $$;
--> statement-breakpoint
-- The version before goes on as it was: this only writes rows of its own.
CREATE TRIGGER fact_history AFTER UPDATE ON attempts FOR EACH ROW
  WHEN (OLD.ended_at IS NOT NULL
        AND (OLD.rang_at, OLD.ended_at, OLD.conversation, OLD.outcome, OLD.disposition, OLD.state)
            IS DISTINCT FROM (NEW.rang_at, NEW.ended_at, NEW.conversation, NEW.outcome, NEW.disposition, NEW.state))
  EXECUTE FUNCTION rightcall_attempt_was();
