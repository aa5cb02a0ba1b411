-- Agents (坐席), what each is doing, the agent's side of calls, contacts that are shown before they are called, and how
-- answered calls went by hour and day. All tables are new; the version before goes on without them.
CREATE TABLE "teams" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"name" text NOT NULL,
	"revision" integer NOT NULL,
	"created_at" timestamptz(3) NOT NULL,
	"updated_at" timestamptz(3) NOT NULL,
	CONSTRAINT "teams_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE UNIQUE INDEX "teams_name" ON "teams" USING btree ("tenant_id","name");
--> statement-breakpoint
SELECT rightcall_keep_apart('teams');
--> statement-breakpoint
CREATE TABLE "agents" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"name" text NOT NULL,
	"account" text,
	"team_id" uuid NOT NULL,
	"skills" jsonb NOT NULL,
	"languages" text[] NOT NULL,
	"zone" text NOT NULL,
	"shifts" jsonb,
	"enabled" boolean NOT NULL,
	"revision" integer NOT NULL,
	"created_at" timestamptz(3) NOT NULL,
	"updated_at" timestamptz(3) NOT NULL,
	CONSTRAINT "agents_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE UNIQUE INDEX "agents_account" ON "agents" USING btree ("tenant_id","account") WHERE "account" IS NOT NULL;
--> statement-breakpoint
CREATE INDEX "agents_team" ON "agents" USING btree ("tenant_id","team_id","id");
--> statement-breakpoint
SELECT rightcall_keep_apart('agents');
--> statement-breakpoint
-- One row an agent: what they are doing now, and for whom. That a seat names one contact and one attempt, and an attempt
-- one seat, is what keeps an agent out of two calls.
CREATE TABLE "seats" (
	"tenant_id" uuid NOT NULL,
	"agent_id" uuid NOT NULL,
	"team_id" uuid NOT NULL,
	"state" text NOT NULL,
	"reason" text,
	"since" timestamptz(3) NOT NULL,
	"idle_since" timestamptz(3) NOT NULL,
	"fence" bigint NOT NULL,
	"campaign_id" uuid,
	"contact_id" uuid,
	"preview_id" uuid,
	"attempt_id" text,
	"lease_until_real" timestamptz(3),
	"wrap_up_until" timestamptz(3),
	"next_state" text,
	"next_reason" text,
	"beat_real" timestamptz(3),
	"session_id" uuid,
	CONSTRAINT "seats_tenant_id_agent_id_pk" PRIMARY KEY("tenant_id","agent_id"),
	CONSTRAINT "seats_state" CHECK ("state" IN ('offline', 'ready', 'reserved', 'in_call', 'wrap_up', 'break')),
	CONSTRAINT "seats_engaged" CHECK (("state" IN ('reserved', 'in_call', 'wrap_up')) = ("contact_id" IS NOT NULL)),
	CONSTRAINT "seats_call" CHECK ("state" NOT IN ('in_call', 'wrap_up') OR "attempt_id" IS NOT NULL),
	CONSTRAINT "seats_reserved" CHECK (("state" = 'reserved') = ("lease_until_real" IS NOT NULL)),
	CONSTRAINT "seats_wrap_up" CHECK (("state" = 'wrap_up') = ("wrap_up_until" IS NOT NULL)),
	CONSTRAINT "seats_break" CHECK ("state" <> 'break' OR "reason" IS NOT NULL)
);
--> statement-breakpoint
-- Walked from whoever is idle longest until one fits.
CREATE INDEX "seats_ready" ON "seats" USING btree ("tenant_id","idle_since","agent_id") WHERE "state" = 'ready';
--> statement-breakpoint
CREATE UNIQUE INDEX "seats_attempt" ON "seats" USING btree ("tenant_id","attempt_id") WHERE "attempt_id" IS NOT NULL;
--> statement-breakpoint
CREATE UNIQUE INDEX "seats_contact" ON "seats" USING btree ("tenant_id","contact_id") WHERE "contact_id" IS NOT NULL;
--> statement-breakpoint
CREATE INDEX "seats_reserved" ON "seats" USING btree ("tenant_id","lease_until_real") WHERE "state" = 'reserved';
--> statement-breakpoint
CREATE INDEX "seats_wrap_up" ON "seats" USING btree ("tenant_id","wrap_up_until") WHERE "state" = 'wrap_up';
--> statement-breakpoint
CREATE INDEX "seats_beat" ON "seats" USING btree ("tenant_id","beat_real") WHERE "state" <> 'offline';
--> statement-breakpoint
SELECT rightcall_keep_apart('seats');
--> statement-breakpoint
-- What each agent did when: for utilisation, handling times and supervisors. Written by a trigger, in the transaction of
-- the change itself, whoever makes it. `until_at` of the present one is null.
CREATE TABLE "seat_spans" (
	"tenant_id" uuid NOT NULL,
	"agent_id" uuid NOT NULL,
	"fence" bigint NOT NULL,
	"team_id" uuid NOT NULL,
	"state" text NOT NULL,
	"reason" text,
	"campaign_id" uuid,
	"attempt_id" text,
	"from_at" timestamptz(3) NOT NULL,
	"until_at" timestamptz(3),
	CONSTRAINT "seat_spans_tenant_id_agent_id_fence_pk" PRIMARY KEY("tenant_id","agent_id","fence")
);
--> statement-breakpoint
CREATE INDEX "seat_spans_from" ON "seat_spans" USING btree ("tenant_id","from_at");
--> statement-breakpoint
CREATE INDEX "seat_spans_until" ON "seat_spans" USING btree ("tenant_id","until_at") WHERE "state" IN ('in_call', 'wrap_up');
--> statement-breakpoint
CREATE INDEX "seat_spans_attempt" ON "seat_spans" USING btree ("tenant_id","attempt_id") WHERE "attempt_id" IS NOT NULL;
--> statement-breakpoint
SELECT rightcall_keep_apart('seat_spans');
--> statement-breakpoint
-- Every change of state raises the fence, so that who acts on what they saw before acts on nothing.
CREATE FUNCTION rightcall_seat_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND (NEW.state, NEW.reason, NEW.campaign_id, NEW.contact_id, NEW.attempt_id, NEW.team_id)
     IS NOT DISTINCT FROM (OLD.state, OLD.reason, OLD.campaign_id, OLD.contact_id, OLD.attempt_id, OLD.team_id) THEN
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    NEW.fence := OLD.fence + 1;
    IF NEW.state <> OLD.state OR NEW.reason IS DISTINCT FROM OLD.reason THEN NEW.since := rightcall_engine_now(); END IF;
    UPDATE seat_spans SET until_at = rightcall_engine_now()
    WHERE tenant_id = OLD.tenant_id AND agent_id = OLD.agent_id AND fence = OLD.fence;
  END IF;
  INSERT INTO seat_spans (tenant_id, agent_id, fence, team_id, state, reason, campaign_id, attempt_id, from_at)
  VALUES (NEW.tenant_id, NEW.agent_id, NEW.fence, NEW.team_id, NEW.state, NEW.reason, NEW.campaign_id, NEW.attempt_id,
          rightcall_engine_now());
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER seat_moves BEFORE INSERT OR UPDATE ON seats FOR EACH ROW EXECUTE FUNCTION rightcall_seat_moves();
--> statement-breakpoint
-- The agent's side of a call, from the reservation or the answer on: an answered call in `waiting` has no agent yet, and
-- is given up at `connect_by`. Notes and form are about the person and sealed under their key.
CREATE TABLE "agent_calls" (
	"tenant_id" uuid NOT NULL,
	"attempt_id" text NOT NULL,
	"campaign_id" uuid NOT NULL,
	"contact_id" uuid NOT NULL,
	"person_id" uuid NOT NULL,
	"mode" text NOT NULL,
	"state" text NOT NULL,
	"agent_id" uuid,
	"team_id" uuid,
	"reserved_at" timestamptz(3),
	"answered_at" timestamptz(3),
	"connect_by" timestamptz(3),
	"assigned_at" timestamptz(3),
	"assigned_real" timestamptz(3),
	"connected_at" timestamptz(3),
	"abandoned_at" timestamptz(3),
	"ended_at" timestamptz(3),
	"wrap_up_until" timestamptz(3),
	"disposed_at" timestamptz(3),
	"disposition_code" text,
	"disposed_by" text,
	"sealed_notes" bytea,
	"sealed_form" bytea,
	"listeners" text[] NOT NULL DEFAULT '{}',
	"reason" text,
	"announce" text[] NOT NULL DEFAULT '{}',
	"let_go_at" timestamptz(3),
	"let_go_real" timestamptz(3),
	"counted" boolean NOT NULL DEFAULT false,
	CONSTRAINT "agent_calls_tenant_id_attempt_id_pk" PRIMARY KEY("tenant_id","attempt_id"),
	CONSTRAINT "agent_calls_state" CHECK ("state" IN ('reserved', 'waiting', 'connecting', 'connected', 'wrap_up', 'over', 'abandoned'))
);
--> statement-breakpoint
CREATE INDEX "agent_calls_waiting" ON "agent_calls" USING btree ("tenant_id","answered_at") WHERE "state" = 'waiting';
--> statement-breakpoint
CREATE INDEX "agent_calls_open" ON "agent_calls" USING btree ("tenant_id","campaign_id","state") WHERE "state" NOT IN ('over', 'abandoned');
--> statement-breakpoint
CREATE INDEX "agent_calls_let_go" ON "agent_calls" USING btree ("tenant_id","let_go_at") WHERE "let_go_at" IS NOT NULL AND "let_go_real" IS NULL;
--> statement-breakpoint
CREATE INDEX "agent_calls_connecting" ON "agent_calls" USING btree ("tenant_id","assigned_real") WHERE "state" = 'connecting';
--> statement-breakpoint
CREATE INDEX "agent_calls_agent" ON "agent_calls" USING btree ("tenant_id","agent_id","assigned_at");
--> statement-breakpoint
CREATE INDEX "agent_calls_answered" ON "agent_calls" USING btree ("tenant_id","campaign_id","answered_at");
--> statement-breakpoint
CREATE INDEX "agent_calls_abandoned" ON "agent_calls" USING btree ("tenant_id","person_id","abandoned_at") WHERE "state" = 'abandoned';
--> statement-breakpoint
SELECT rightcall_keep_apart('agent_calls');
--> statement-breakpoint
-- Contacts shown to an agent before they are called (预览外呼).
CREATE TABLE "previews" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"campaign_id" uuid NOT NULL,
	"contact_id" uuid NOT NULL,
	"admission" integer NOT NULL,
	"agent_id" uuid NOT NULL,
	"state" text NOT NULL,
	"reason" text,
	"offered_at" timestamptz(3) NOT NULL,
	"expires_at" timestamptz(3) NOT NULL,
	"settled_at" timestamptz(3),
	"acted_real" timestamptz(3),
	CONSTRAINT "previews_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "previews_state" CHECK ("state" IN ('offered', 'accepted', 'skipped', 'expired', 'withdrawn'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX "previews_admission" ON "previews" USING btree ("tenant_id","contact_id","admission");
--> statement-breakpoint
CREATE INDEX "previews_open" ON "previews" USING btree ("tenant_id","campaign_id","expires_at") WHERE "acted_real" IS NULL;
--> statement-breakpoint
CREATE INDEX "previews_campaign" ON "previews" USING btree ("tenant_id","campaign_id","offered_at");
--> statement-breakpoint
SELECT rightcall_keep_apart('previews');
--> statement-breakpoint
-- How calls went, by hour and by day (UTC) of the engine's clock: what caps on abandonment are held to. One row is raised
-- in the transaction that settles each attempt.
CREATE TABLE "answer_counts" (
	"tenant_id" uuid NOT NULL,
	"campaign_id" uuid NOT NULL,
	"width" text NOT NULL,
	"from_at" timestamptz(3) NOT NULL,
	"calls" integer NOT NULL,
	"answers" integer NOT NULL,
	"live_answers" integer NOT NULL,
	"abandoned" integer NOT NULL,
	CONSTRAINT "answer_counts_pk" PRIMARY KEY("tenant_id","campaign_id","width","from_at"),
	CONSTRAINT "answer_counts_width" CHECK ("width" IN ('hour', 'day'))
);
--> statement-breakpoint
CREATE INDEX "answer_counts_from" ON "answer_counts" USING btree ("tenant_id","width","from_at");
--> statement-breakpoint
SELECT rightcall_keep_apart('answer_counts');
--> statement-breakpoint
-- What a campaign's pacer has learned, so that another one goes on with it.
CREATE TABLE "pace_memories" (
	"tenant_id" uuid NOT NULL,
	"campaign_id" uuid NOT NULL,
	"memory" jsonb NOT NULL,
	"places_ahead" boolean NOT NULL,
	"updated_at" timestamptz(3) NOT NULL,
	CONSTRAINT "pace_memories_tenant_id_campaign_id_pk" PRIMARY KEY("tenant_id","campaign_id")
);
--> statement-breakpoint
SELECT rightcall_keep_apart('pace_memories');
--> statement-breakpoint
-- What things cost (价目表): a list holds from its instant on until the next one; only ever added to.
CREATE TABLE "price_lists" (
	"tenant_id" uuid NOT NULL,
	"valid_from" timestamptz(3) NOT NULL,
	"prices" jsonb NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamptz(3) NOT NULL,
	CONSTRAINT "price_lists_tenant_id_valid_from_pk" PRIMARY KEY("tenant_id","valid_from")
);
--> statement-breakpoint
SELECT rightcall_keep_apart('price_lists');
--> statement-breakpoint
-- Whom a contact belongs to (专属坐席), taken first where free. No default: rewrites nothing.
ALTER TABLE "contacts" ADD COLUMN "preferred_agent_id" uuid;
--> statement-breakpoint
-- In which mode the call was made; null: before there were modes, agentless.
ALTER TABLE "attempts" ADD COLUMN "mode" text;
--> statement-breakpoint
-- A person's further numbers, in the order in which they are tried; null: the one that is called first, or one that a later
-- file corrected.
ALTER TABLE "person_numbers" ADD COLUMN "further_place" smallint;
--> statement-breakpoint
-- Which of the person's numbers the contact is called at; null: the first one. No default: rewrites nothing.
ALTER TABLE "contacts" ADD COLUMN "number_hash" bytea;
--> statement-breakpoint
CREATE FUNCTION rightcall_called_number_was() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM rightcall_was(OLD.tenant_id, 'called_number', OLD.id::text, jsonb_build_object('number_hash', OLD.number_hash));
  RETURN NULL;
END $$;
--> statement-breakpoint
-- The version before goes on as it was: this only writes rows of its own.
CREATE TRIGGER fact_history_number AFTER UPDATE OF number_hash ON contacts FOR EACH ROW
  WHEN (OLD.number_hash IS DISTINCT FROM NEW.number_hash) EXECUTE FUNCTION rightcall_called_number_was();
--> statement-breakpoint
-- What the campaign's retry rules drew from it, and what that was based on; null: nothing, or before it was kept.
ALTER TABLE "attempts" ADD COLUMN "next_step" jsonb;
--> statement-breakpoint
-- Answers by the hour of the day where the person is, for people of one place: what the best time to call is learned from.
-- Each hour has several rows (slots), so that calls that end at once do not wait for each other.
CREATE TABLE "answer_hours" (
	"tenant_id" uuid NOT NULL,
	"cohort" text NOT NULL,
	"campaign_id" uuid NOT NULL,
	"hour" smallint NOT NULL,
	"slot" smallint NOT NULL,
	"attempts" integer NOT NULL,
	"answers" integer NOT NULL,
	CONSTRAINT "answer_hours_pk" PRIMARY KEY("tenant_id","cohort","campaign_id","hour","slot"),
	CONSTRAINT "answer_hours_hour" CHECK ("hour" BETWEEN 0 AND 23)
);
--> statement-breakpoint
CREATE INDEX "answer_hours_campaign" ON "answer_hours" USING btree ("tenant_id","campaign_id");
--> statement-breakpoint
SELECT rightcall_keep_apart('answer_hours');
--> statement-breakpoint
-- When by the database's own clock agents talked: clocks of processes may be wrong, and no agent talks on two calls (I10).
ALTER TABLE "agent_calls" ADD COLUMN "connected_real" timestamptz(3), ADD COLUMN "ended_real" timestamptz(3);
--> statement-breakpoint
-- Callbacks: who wanted them, what happened to them on their way, and when they are looked at next. Constant defaults: no
-- row is rewritten. Promises of the version before are looked at by the hour of their windows alone, as they were.
ALTER TABLE "callbacks" ADD COLUMN "asked_by" text NOT NULL DEFAULT 'staff';
--> statement-breakpoint
ALTER TABLE "callbacks" ADD COLUMN "steps" jsonb NOT NULL DEFAULT '[]';
--> statement-breakpoint
ALTER TABLE "callbacks" ADD COLUMN "look_at" timestamptz(3);
--> statement-breakpoint
ALTER TABLE "callbacks" ADD COLUMN "asked_at" timestamptz(3);
--> statement-breakpoint
ALTER TABLE "callbacks" ADD COLUMN "due_asked_at" timestamptz(3);
--> statement-breakpoint
ALTER TABLE "callbacks" ADD COLUMN "reminded_at" timestamptz(3);
--> statement-breakpoint
ALTER TABLE "callbacks" ADD COLUMN "fell_back_at" timestamptz(3);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "callbacks_look" ON "callbacks" USING btree ("tenant_id","look_at") WHERE status = 'promised';
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "callbacks_owner" ON "callbacks" USING btree ("tenant_id","owner","from_at","id");
--> statement-breakpoint
-- As in 0007, and what happened on the way beside it; who did it stays here. The version before writes no steps.
CREATE OR REPLACE FUNCTION rightcall_callback_changed() RETURNS trigger LANGUAGE plpgsql AS $$
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
      'attemptId', NEW.attempt_id, 'reason', CASE WHEN NEW.status = 'breached' THEN NEW.reason END,
      'steps', (SELECT coalesce(jsonb_agg(s.step - '{by,owner}'::text[] ORDER BY s.n), '[]')
                FROM jsonb_array_elements(NEW.steps) WITH ORDINALITY s (step, n))));
  RETURN NULL;
END $$;
--> statement-breakpoint
-- What a campaign's rules made of a contact (gate/rules/judge.ts), so that admission asks an index and no expression. No
-- defaults: rewrites nothing. `own_priority`: the list's, where a rule gave another.
ALTER TABLE "contacts" ADD COLUMN "judged_by" text;
--> statement-breakpoint
ALTER TABLE "contacts" ADD COLUMN "own_priority" smallint;
--> statement-breakpoint
ALTER TABLE "contacts" ADD COLUMN "quotas" text[];
--> statement-breakpoint
ALTER TABLE "contacts" ADD COLUMN "mix_list" smallint;
--> statement-breakpoint
-- The arms of its campaign's experiments that it is in.
ALTER TABLE "contacts" ADD COLUMN "arms" jsonb;
--> statement-breakpoint
ALTER TABLE "attempts" ADD COLUMN "arms" jsonb;
--> statement-breakpoint
-- The script of the arm; null: the campaign's own.
ALTER TABLE "attempts" ADD COLUMN "script" jsonb;
--> statement-breakpoint
-- The counters that the attempt is in: [{"quota", "counts", "from"}].
ALTER TABLE "attempts" ADD COLUMN "quotas" jsonb;
--> statement-breakpoint
-- Empty for campaigns that mix no lists, and for all that are there now.
CREATE INDEX "contacts_mix" ON "contacts" USING btree ("tenant_id","campaign_id","mix_list","rank","cohort","ready_at") WHERE "state" = 'waiting' AND "mix_list" IS NOT NULL;
--> statement-breakpoint
-- How far the contacts of a campaign with rules were judged by the ones in force, and whose turn it is among its lists.
CREATE TABLE "campaign_rules" (
	"tenant_id" uuid NOT NULL,
	"campaign_id" uuid NOT NULL,
	"judged_by" text,
	"after_waiting" uuid,
	"after_left_out" uuid,
	"mixing" jsonb,
	"updated_at" timestamptz(3) NOT NULL,
	CONSTRAINT "campaign_rules_tenant_id_campaign_id_pk" PRIMARY KEY("tenant_id","campaign_id")
);
--> statement-breakpoint
SELECT rightcall_keep_apart('campaign_rules');
--> statement-breakpoint
-- What quotas are held to: `counted` attempts came to it, `open` ones still may. From `from_at` on: a day, or ever.
CREATE TABLE "quota_counts" (
	"tenant_id" uuid NOT NULL,
	"campaign_id" uuid NOT NULL,
	"quota" text NOT NULL,
	"counts" text NOT NULL,
	"from_at" timestamptz(3) NOT NULL,
	"counted" integer NOT NULL,
	"open" integer NOT NULL,
	CONSTRAINT "quota_counts_pk" PRIMARY KEY("tenant_id","campaign_id","quota","counts","from_at")
);
--> statement-breakpoint
SELECT rightcall_keep_apart('quota_counts');
--> statement-breakpoint
-- Whether an attempt may still come to what a quota counts, and whether it has.
CREATE FUNCTION rightcall_quota_open(a attempts) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
  SELECT (a.state IN ('claimed', 'sending', 'sent', 'unknown') OR a.state = 'ended' AND a.result IS NULL)::int
$$;
--> statement-breakpoint
CREATE FUNCTION rightcall_quota_counted(a attempts, counts text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
  SELECT (rightcall_quota_open(a) = 0 AND CASE counts
    WHEN 'calls' THEN a.state = 'ended'
    WHEN 'answers' THEN coalesce(a.outcome = 'answered', false)
    WHEN 'conversions' THEN coalesce(a.disposition = 'converted', false)
    WHEN 'interviews' THEN coalesce(a.disposition = 'completed', false)
    ELSE true END)::int
$$;
--> statement-breakpoint
-- However an attempt ends, and whoever ends it: what it took of a quota is counted or given back with it.
CREATE FUNCTION rightcall_quota_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- In the order in which the gate locks them.
  PERFORM FROM quota_counts q
  WHERE q.tenant_id = NEW.tenant_id AND q.campaign_id = NEW.campaign_id
    AND q.quota IN (SELECT e->>'quota' FROM jsonb_array_elements(NEW.quotas) e)
    AND (q.counts, q.from_at) IN (SELECT e->>'counts', (e->>'from')::timestamptz FROM jsonb_array_elements(NEW.quotas) e)
  ORDER BY q.quota, q.counts, q.from_at FOR NO KEY UPDATE;
  UPDATE quota_counts q
  SET open = q.open + rightcall_quota_open(NEW) - rightcall_quota_open(OLD),
      counted = q.counted + rightcall_quota_counted(NEW, q.counts) - rightcall_quota_counted(OLD, q.counts)
  FROM (SELECT e->>'quota' AS quota, e->>'counts' AS counts, (e->>'from')::timestamptz AS from_at
        FROM jsonb_array_elements(NEW.quotas) e) k
  WHERE q.tenant_id = NEW.tenant_id AND q.campaign_id = NEW.campaign_id AND q.quota = k.quota
    AND q.counts = k.counts AND q.from_at = k.from_at
    AND (rightcall_quota_open(NEW), rightcall_quota_counted(NEW, k.counts))
        IS DISTINCT FROM (rightcall_quota_open(OLD), rightcall_quota_counted(OLD, k.counts));
  RETURN NULL;
END;
$$;
--> statement-breakpoint
-- Attempts of the version before have no quotas, and this does not run for them; one of this version that a process of the version
-- before ends gives back what it took all the same.
CREATE TRIGGER rightcall_quota_moves AFTER UPDATE OF state, outcome, disposition, result ON attempts
FOR EACH ROW WHEN (NEW.quotas IS NOT NULL) EXECUTE FUNCTION rightcall_quota_moves();
