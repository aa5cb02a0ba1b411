-- Outgoing events: where customers' systems want to be told, what there is to tell them (the outbox, written in the
-- transaction of the fact itself), and each telling. Why by triggers: docs/adr/0011-outbox-by-triggers.md.

CREATE TABLE "endpoints" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"url" text NOT NULL,
	"description" text NOT NULL,
	"events" text[] NOT NULL,
	"order_by" text NOT NULL,
	"enabled" boolean NOT NULL,
	"disabled_reason" text,
	"sealed_secret" bytea NOT NULL,
	"previous_secret" bytea,
	"previous_until_real" timestamptz(3),
	"revision" integer NOT NULL,
	"created_at" timestamptz(3) NOT NULL,
	"updated_at" timestamptz(3) NOT NULL,
	"removed_at" timestamptz(3),
	CONSTRAINT "endpoints_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "endpoint_drains" (
	"tenant_id" uuid NOT NULL,
	"endpoint_id" uuid NOT NULL,
	"holder" uuid,
	"held_until_real" timestamptz(3),
	"failures_in_row" integer DEFAULT 0 NOT NULL,
	"not_before_real" timestamptz(3),
	CONSTRAINT "endpoint_drains_tenant_id_endpoint_id_pk" PRIMARY KEY("tenant_id","endpoint_id")
);
--> statement-breakpoint
CREATE TABLE "outgoing_events" (
	"tenant_id" uuid NOT NULL,
	"seq" bigserial NOT NULL,
	"id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"type" text NOT NULL,
	"subject" text NOT NULL,
	"order_key" text NOT NULL,
	"at" timestamptz(3),
	"recorded_real" timestamptz(3) DEFAULT clock_timestamp() NOT NULL,
	"data" jsonb NOT NULL,
	CONSTRAINT "outgoing_events_tenant_id_seq_pk" PRIMARY KEY("tenant_id","seq")
);
--> statement-breakpoint
CREATE INDEX "outgoing_events_recorded" ON "outgoing_events" USING btree ("tenant_id","recorded_real");
--> statement-breakpoint
CREATE TABLE "deliveries" (
	"tenant_id" uuid NOT NULL,
	"id" bigserial NOT NULL,
	"endpoint_id" uuid NOT NULL,
	"event_seq" bigint NOT NULL,
	"type" text NOT NULL,
	"order_key" text NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"created_real" timestamptz(3) DEFAULT clock_timestamp() NOT NULL,
	"due_real" timestamptz(3) DEFAULT clock_timestamp() NOT NULL,
	"last_real" timestamptz(3),
	"last_status" integer,
	"last_fault" text,
	"replayed" boolean DEFAULT false NOT NULL,
	CONSTRAINT "deliveries_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE INDEX "deliveries_due" ON "deliveries" USING btree ("tenant_id","endpoint_id","due_real","id") WHERE state = 'pending';
--> statement-breakpoint
CREATE INDEX "deliveries_order" ON "deliveries" USING btree ("tenant_id","endpoint_id","order_key","id") WHERE state = 'pending';
--> statement-breakpoint
CREATE INDEX "deliveries_endpoint" ON "deliveries" USING btree ("tenant_id","endpoint_id","id");
--> statement-breakpoint
CREATE INDEX "deliveries_state" ON "deliveries" USING btree ("tenant_id","endpoint_id","state","id");
--> statement-breakpoint
CREATE INDEX "deliveries_event" ON "deliveries" USING btree ("tenant_id","event_seq");
--> statement-breakpoint
SELECT rightcall_keep_apart('endpoints');
--> statement-breakpoint
SELECT rightcall_keep_apart('endpoint_drains');
--> statement-breakpoint
SELECT rightcall_keep_apart('outgoing_events');
--> statement-breakpoint
SELECT rightcall_keep_apart('deliveries');
--> statement-breakpoint
-- Whether anybody is to be told of events of this tenant at all: asked first, so that where there is no endpoint a fact
-- costs one look at an empty index.
CREATE FUNCTION rightcall_listened(tenant uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN EXISTS (SELECT FROM endpoints e WHERE e.tenant_id = tenant AND e.removed_at IS NULL);
END $$;
--> statement-breakpoint
-- Keep an event where some endpoint asked for its type, and a delivery for each that is enabled. An endpoint that is
-- disabled keeps the event for a replay.
CREATE FUNCTION rightcall_emit(
  tenant uuid, event_type text, about text, ordered_by text, happened timestamptz, content jsonb
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  WITH event AS (
    INSERT INTO outgoing_events (tenant_id, type, subject, order_key, at, data)
    SELECT tenant, event_type, about, ordered_by, happened, content
    WHERE EXISTS (SELECT FROM endpoints e WHERE e.tenant_id = tenant AND e.removed_at IS NULL
                    AND e.events && ARRAY[event_type, '*'])
    RETURNING seq)
  INSERT INTO deliveries (tenant_id, endpoint_id, event_seq, type, order_key)
  SELECT tenant, e.id, event.seq, event_type, ordered_by
  FROM event, endpoints e
  WHERE e.tenant_id = tenant AND e.enabled AND e.removed_at IS NULL AND e.events && ARRAY[event_type, '*'];
END $$;
--> statement-breakpoint
-- An instant as events carry it. The session's zone may be any.
CREATE FUNCTION rightcall_iso(instant timestamptz) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') $$;
--> statement-breakpoint
CREATE FUNCTION rightcall_attempt_ended() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  external text;
BEGIN
  IF NOT rightcall_listened(NEW.tenant_id) THEN RETURN NULL; END IF;
  SELECT c.external_id INTO external FROM contacts c WHERE c.tenant_id = NEW.tenant_id AND c.id = NEW.contact_id;
  PERFORM rightcall_emit(NEW.tenant_id, 'attempt.ended', 'attempts/' || NEW.id, NEW.contact_id::text, NEW.ended_at,
    jsonb_build_object(
      'attemptId', NEW.id, 'contactId', NEW.contact_id, 'campaignId', NEW.campaign_id, 'externalId', external,
      'n', NEW.n, 'state', NEW.state, 'outcome', NEW.outcome, 'conversation', NEW.conversation,
      'disposition', NEW.disposition, 'claimedAt', rightcall_iso(NEW.claimed_at),
      'sentAt', rightcall_iso(NEW.sent_at), 'endedAt', rightcall_iso(NEW.ended_at)));
  RETURN NULL;
END $$;
--> statement-breakpoint
-- The version before goes on as it was: this only writes rows of its own.
CREATE TRIGGER outgoing_event AFTER UPDATE OF state ON attempts FOR EACH ROW
  WHEN (NEW.state IN ('ended', 'rejected', 'revoked', 'abandoned') AND OLD.state IS DISTINCT FROM NEW.state)
  EXECUTE FUNCTION rightcall_attempt_ended();
--> statement-breakpoint
CREATE FUNCTION rightcall_disposed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  contact record;
  content jsonb;
BEGIN
  IF NOT rightcall_listened(NEW.tenant_id) THEN RETURN NULL; END IF;
  SELECT c.campaign_id, c.external_id INTO contact FROM contacts c
    WHERE c.tenant_id = NEW.tenant_id AND c.id = NEW.contact_id;
  content := jsonb_build_object(
    'attemptId', NEW.attempt_id, 'contactId', NEW.contact_id, 'campaignId', contact.campaign_id,
    'externalId', contact.external_id, 'code', NEW.code, 'source', NEW.source, 'at', rightcall_iso(NEW.at));
  PERFORM rightcall_emit(NEW.tenant_id, 'disposition.recorded', 'attempts/' || NEW.attempt_id, NEW.contact_id::text,
    NEW.at, content);
  IF NEW.code = 'converted' THEN
    PERFORM rightcall_emit(NEW.tenant_id, 'conversion.recorded', 'attempts/' || NEW.attempt_id, NEW.contact_id::text,
      NEW.at, content);
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
-- The version before goes on as it was: this only writes rows of its own.
CREATE TRIGGER outgoing_event AFTER INSERT ON dispositions FOR EACH ROW EXECUTE FUNCTION rightcall_disposed();
--> statement-breakpoint
-- The contacts of a person, by which a customer's system knows them; the newest first, a hundred at most.
CREATE FUNCTION rightcall_places(tenant uuid, person uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object('contactId', id, 'campaignId', campaign_id, 'externalId', external_id)
                            ORDER BY id DESC), '[]')
  FROM (SELECT id, campaign_id, external_id FROM contacts WHERE tenant_id = tenant AND person_id = person
        ORDER BY id DESC LIMIT 100) AS place $$;
--> statement-breakpoint
CREATE FUNCTION rightcall_consent_withdrawn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT rightcall_listened(NEW.tenant_id) THEN RETURN NULL; END IF;
  PERFORM rightcall_emit(NEW.tenant_id, 'consent.withdrawn', 'persons/' || NEW.person_id, NEW.person_id::text,
    NEW.recorded_at,
    jsonb_build_object(
      'personId', NEW.person_id, 'consentEventId', NEW.id, 'purposes', NEW.purposes, 'channels', NEW.channels,
      'basis', NEW.basis, 'occurredAt', rightcall_iso(NEW.occurred_at),
      'contacts', rightcall_places(NEW.tenant_id, NEW.person_id)));
  RETURN NULL;
END $$;
--> statement-breakpoint
-- The version before goes on as it was: this only writes rows of its own.
CREATE TRIGGER outgoing_event AFTER INSERT ON consent_events FOR EACH ROW
  WHEN (NEW.kind = 'withdrawal') EXECUTE FUNCTION rightcall_consent_withdrawn();
--> statement-breakpoint
-- Only what the person asked for: an imported list is the customer's own, and can have millions of entries.
CREATE FUNCTION rightcall_suppressed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  person uuid;
BEGIN
  IF NOT rightcall_listened(NEW.tenant_id) THEN RETURN NULL; END IF;
  SELECT n.person_id INTO person FROM person_numbers n
    WHERE n.tenant_id = NEW.tenant_id AND n.number_hash = NEW.number_hash;
  PERFORM rightcall_emit(NEW.tenant_id,
    CASE TG_OP WHEN 'INSERT' THEN 'suppression.added' ELSE 'suppression.changed' END,
    'suppressions/' || NEW.id, coalesce(person, NEW.id)::text,
    CASE TG_OP WHEN 'INSERT' THEN NEW.recorded_at END,
    jsonb_build_object(
      'suppressionId', NEW.id, 'personId', person, 'list', NEW.list, 'scope', NEW.scope,
      'campaignId', NEW.campaign_id, 'purpose', NEW.purpose, 'validFrom', rightcall_iso(NEW.valid_from),
      'validUntil', rightcall_iso(NEW.valid_until),
      'contacts', CASE WHEN person IS NULL THEN '[]' ELSE rightcall_places(NEW.tenant_id, person) END));
  RETURN NULL;
END $$;
--> statement-breakpoint
-- The version before goes on as it was: this only writes rows of its own.
CREATE TRIGGER outgoing_event AFTER INSERT ON suppressions FOR EACH ROW
  WHEN (NEW.requested_by_person) EXECUTE FUNCTION rightcall_suppressed();
--> statement-breakpoint
-- The version before goes on as it was: this only writes rows of its own.
CREATE TRIGGER outgoing_change AFTER UPDATE ON suppressions FOR EACH ROW
  WHEN (NEW.requested_by_person AND (OLD.valid_from, OLD.valid_until, OLD.requested_by_person)
        IS DISTINCT FROM (NEW.valid_from, NEW.valid_until, NEW.requested_by_person))
  EXECUTE FUNCTION rightcall_suppressed();
--> statement-breakpoint
CREATE FUNCTION rightcall_contact_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT rightcall_listened(NEW.tenant_id) THEN RETURN NULL; END IF;
  PERFORM rightcall_emit(NEW.tenant_id,
    CASE WHEN NEW.state IN ('waiting', 'admitted') THEN 'contact.reopened' ELSE 'contact.finished' END,
    'contacts/' || NEW.id, NEW.id::text, NEW.updated_at,
    jsonb_build_object(
      'contactId', NEW.id, 'campaignId', NEW.campaign_id, 'externalId', NEW.external_id, 'state', NEW.state,
      'reason', NEW.state_reason, 'attempts', NEW.attempts, 'readyAt',
      CASE WHEN NEW.state = 'waiting' THEN rightcall_iso(NEW.ready_at) END));
  RETURN NULL;
END $$;
--> statement-breakpoint
-- Waiting and admitted follow each other all the time and say nothing; a final state is news, and so is its end.
CREATE TRIGGER outgoing_event AFTER UPDATE OF state ON contacts FOR EACH ROW
  WHEN ((OLD.state IN ('waiting', 'admitted')) IS DISTINCT FROM (NEW.state IN ('waiting', 'admitted')))
  EXECUTE FUNCTION rightcall_contact_changed();
--> statement-breakpoint
CREATE FUNCTION rightcall_campaign_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  happened timestamptz;
BEGIN
  IF NOT rightcall_listened(NEW.tenant_id) THEN RETURN NULL; END IF;
  happened := CASE WHEN NEW.status IN ('stopped', 'completed') THEN NEW.ended_at
                   WHEN OLD.status = 'draft' THEN NEW.started_at END;
  PERFORM rightcall_emit(NEW.tenant_id, 'campaign.status_changed', 'campaigns/' || NEW.id, NEW.id::text, happened,
    jsonb_build_object('campaignId', NEW.id, 'status', NEW.status, 'previousStatus', OLD.status,
                       'revision', NEW.revision));
  RETURN NULL;
END $$;
--> statement-breakpoint
-- The version before goes on as it was: this only writes rows of its own.
CREATE TRIGGER outgoing_event AFTER UPDATE OF status ON campaigns FOR EACH ROW
  WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION rightcall_campaign_changed();
--> statement-breakpoint
-- Whoever promised, and what about, stays here; a reason is a code only where the promise was broken.
CREATE FUNCTION rightcall_callback_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  external text;
  news text;
BEGIN
  IF NOT rightcall_listened(NEW.tenant_id) THEN RETURN NULL; END IF;
  news := CASE WHEN TG_OP = 'INSERT' THEN 'callback.promised'
               WHEN NEW.status = 'promised' THEN 'callback.changed'
               ELSE 'callback.' || NEW.status END;
  SELECT c.external_id INTO external FROM contacts c WHERE c.tenant_id = NEW.tenant_id AND c.id = NEW.contact_id;
  PERFORM rightcall_emit(NEW.tenant_id, news, 'callbacks/' || NEW.id, NEW.contact_id::text, NEW.updated_at,
    jsonb_build_object(
      'callbackId', NEW.id, 'contactId', NEW.contact_id, 'campaignId', NEW.campaign_id, 'externalId', external,
      'status', NEW.status, 'from', rightcall_iso(NEW.from_at), 'until', rightcall_iso(NEW.until_at),
      'attemptId', NEW.attempt_id, 'reason', CASE WHEN NEW.status = 'breached' THEN NEW.reason END));
  RETURN NULL;
END $$;
--> statement-breakpoint
-- The version before goes on as it was: this only writes rows of its own.
CREATE TRIGGER outgoing_event AFTER INSERT ON callbacks FOR EACH ROW EXECUTE FUNCTION rightcall_callback_changed();
--> statement-breakpoint
-- The version before goes on as it was: this only writes rows of its own.
CREATE TRIGGER outgoing_change AFTER UPDATE ON callbacks FOR EACH ROW
  WHEN ((OLD.status, OLD.from_at, OLD.until_at) IS DISTINCT FROM (NEW.status, NEW.from_at, NEW.until_at))
  EXECUTE FUNCTION rightcall_callback_changed();
