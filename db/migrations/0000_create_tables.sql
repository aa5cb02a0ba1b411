CREATE SCHEMA "vault";
--> statement-breakpoint
CREATE TABLE "attempts" (
	"tenant_id" uuid NOT NULL,
	"id" text NOT NULL,
	"contact_id" uuid NOT NULL,
	"campaign_id" uuid NOT NULL,
	"person_id" uuid NOT NULL,
	"number_hash" "bytea" NOT NULL,
	"n" integer NOT NULL,
	"admission" integer NOT NULL,
	"decision_id" uuid NOT NULL,
	"purpose" text NOT NULL,
	"channel" text NOT NULL,
	"carrier_id" uuid NOT NULL,
	"carrier_ref" text,
	"state" text NOT NULL,
	"fence" integer NOT NULL,
	"lease_until_real" timestamptz(3) NOT NULL,
	"allow_until" timestamptz(3),
	"claimed_at" timestamptz(3) NOT NULL,
	"claimed_real" timestamptz(3) NOT NULL,
	"sending_at" timestamptz(3),
	"sending_real" timestamptz(3),
	"sent_at" timestamptz(3),
	"ended_at" timestamptz(3),
	"rang_at" timestamptz(3) NOT NULL,
	"outcome" text,
	"conversation" boolean NOT NULL,
	"disposition" text,
	"reason" text,
	"quarantine_until" timestamptz(3),
	"hangup_requested_real" timestamptz(3),
	"hangup_done_real" timestamptz(3),
	"reported_real" timestamptz(3),
	"result" jsonb,
	CONSTRAINT "attempts_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "call_events" (
	"tenant_id" uuid NOT NULL,
	"id" bigserial NOT NULL,
	"carrier_id" uuid NOT NULL,
	"event_id" text NOT NULL,
	"attempt_id" text NOT NULL,
	"type" text NOT NULL,
	"at" timestamptz(3) NOT NULL,
	"payload" jsonb NOT NULL,
	"received_real" timestamptz(3) NOT NULL,
	"processed_real" timestamptz(3),
	CONSTRAINT "call_events_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "calls" (
	"tenant_id" uuid NOT NULL,
	"attempt_id" text NOT NULL,
	"carrier_id" uuid NOT NULL,
	"carrier_ref" text NOT NULL,
	"status" text NOT NULL,
	"ringing_at" timestamptz(3),
	"answered_at" timestamptz(3),
	"ended_at" timestamptz(3),
	"ended_by" text,
	"sip" integer,
	"q850" integer,
	"vendor_code" text,
	"ring_s" real,
	"talk_s" real,
	"synthesized" boolean NOT NULL,
	CONSTRAINT "calls_tenant_id_attempt_id_pk" PRIMARY KEY("tenant_id","attempt_id")
);
--> statement-breakpoint
CREATE TABLE "campaign_revisions" (
	"tenant_id" uuid NOT NULL,
	"campaign_id" uuid NOT NULL,
	"revision" integer NOT NULL,
	"definition" jsonb NOT NULL,
	"changed_by" text NOT NULL,
	"changed_at" timestamptz(3) NOT NULL,
	CONSTRAINT "campaign_revisions_tenant_id_campaign_id_revision_pk" PRIMARY KEY("tenant_id","campaign_id","revision")
);
--> statement-breakpoint
CREATE TABLE "campaigns" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"name" text NOT NULL,
	"status" text NOT NULL,
	"definition" jsonb NOT NULL,
	"revision" integer NOT NULL,
	"carrier_id" uuid,
	"created_at" timestamptz(3) NOT NULL,
	"started_at" timestamptz(3),
	"ended_at" timestamptz(3),
	"status_reason" text,
	CONSTRAINT "campaigns_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "carriers" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"config" jsonb NOT NULL,
	"sealed_webhook_secret" "bytea" NOT NULL,
	"calls_per_second" real NOT NULL,
	"max_concurrent_calls" integer NOT NULL,
	"paused_real" timestamptz(3),
	"pause_reason" text,
	"created_real" timestamptz(3) NOT NULL,
	CONSTRAINT "carriers_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "consent_events" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"person_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"purposes" text[] NOT NULL,
	"channels" text[] NOT NULL,
	"level" text NOT NULL,
	"basis" text NOT NULL,
	"source" text NOT NULL,
	"evidence_hash" "bytea",
	"occurred_at" timestamptz(3) NOT NULL,
	"recorded_at" timestamptz(3) NOT NULL,
	"expires_at" timestamptz(3),
	"widens" text[] NOT NULL,
	"recorded_by" text NOT NULL,
	"dedupe_key" "bytea" NOT NULL,
	CONSTRAINT "consent_events_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "contacts" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"campaign_id" uuid NOT NULL,
	"person_id" uuid NOT NULL,
	"external_id" text,
	"attributes" "bytea",
	"state" text NOT NULL,
	"state_reason" text,
	"rank" smallint NOT NULL,
	"priority" smallint NOT NULL,
	"cohort" text DEFAULT '' NOT NULL,
	"ready_at" timestamptz(3) NOT NULL,
	"admissions" integer NOT NULL,
	"attempts" integer NOT NULL,
	"counted_attempts" integer NOT NULL,
	"admitted_real" timestamptz(3),
	"workflow_open" boolean NOT NULL,
	"wake_pending" boolean NOT NULL,
	"import_id" uuid,
	"created_at" timestamptz(3) NOT NULL,
	"updated_at" timestamptz(3) NOT NULL,
	CONSTRAINT "contacts_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "decisions" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"campaign_id" uuid NOT NULL,
	"contact_id" uuid NOT NULL,
	"person_id" uuid NOT NULL,
	"stage" text NOT NULL,
	"admission" integer NOT NULL,
	"at" timestamptz(3) NOT NULL,
	"recorded_real" timestamptz(3) NOT NULL,
	"horizon_ms" bigint NOT NULL,
	"verdict" text NOT NULL,
	"until" timestamptz(3),
	"reasons" text[] NOT NULL,
	"engine" text NOT NULL,
	"policy_set_hash" text NOT NULL,
	"facts" jsonb NOT NULL,
	"facts_hash" text NOT NULL,
	"results" jsonb NOT NULL,
	CONSTRAINT "decisions_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "dispositions" (
	"tenant_id" uuid NOT NULL,
	"attempt_id" text NOT NULL,
	"contact_id" uuid NOT NULL,
	"person_id" uuid NOT NULL,
	"code" text NOT NULL,
	"source" text NOT NULL,
	"at" timestamptz(3) NOT NULL,
	CONSTRAINT "dispositions_tenant_id_attempt_id_pk" PRIMARY KEY("tenant_id","attempt_id")
);
--> statement-breakpoint
CREATE TABLE "import_issues" (
	"tenant_id" uuid NOT NULL,
	"id" bigserial NOT NULL,
	"import_id" uuid NOT NULL,
	"line" integer NOT NULL,
	"column" text NOT NULL,
	"masked_value" text NOT NULL,
	"code" text NOT NULL,
	"reason" text NOT NULL,
	CONSTRAINT "import_issues_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "imports" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"kind" text NOT NULL,
	"campaign_id" uuid,
	"source_name" text NOT NULL,
	"content_hash" text NOT NULL,
	"options" jsonb NOT NULL,
	"status" text NOT NULL,
	"detected" jsonb,
	"rows_done" integer NOT NULL,
	"counts" jsonb NOT NULL,
	"error" text,
	"created_real" timestamptz(3) NOT NULL,
	"finished_real" timestamptz(3),
	CONSTRAINT "imports_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "imports_content" UNIQUE NULLS NOT DISTINCT("tenant_id","kind","campaign_id","content_hash")
);
--> statement-breakpoint
CREATE TABLE "vault"."person_keys" (
	"tenant_id" uuid NOT NULL,
	"person_id" uuid NOT NULL,
	"wrapped_key" "bytea" NOT NULL,
	"key_version" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "person_numbers" (
	"tenant_id" uuid NOT NULL,
	"number_hash" "bytea" NOT NULL,
	"person_id" uuid NOT NULL,
	"sealed_number" "bytea" NOT NULL,
	"country" text,
	"number_type" text NOT NULL,
	"is_primary" boolean NOT NULL,
	"locations" jsonb NOT NULL,
	"created_real" timestamptz(3) NOT NULL,
	CONSTRAINT "person_numbers_tenant_id_number_hash_pk" PRIMARY KEY("tenant_id","number_hash")
);
--> statement-breakpoint
CREATE TABLE "persons" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"profile" "bytea",
	"erased_real" timestamptz(3),
	"created_real" timestamptz(3) NOT NULL,
	"updated_real" timestamptz(3) NOT NULL,
	CONSTRAINT "persons_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "policy_activations" (
	"tenant_id" uuid NOT NULL,
	"id" bigserial NOT NULL,
	"set_hash" text NOT NULL,
	"activated_at" timestamptz(3) NOT NULL,
	"activated_by" text NOT NULL,
	CONSTRAINT "policy_activations_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "policy_documents" (
	"tenant_id" uuid NOT NULL,
	"hash" text NOT NULL,
	"kind" text NOT NULL,
	"document_id" text NOT NULL,
	"version" text NOT NULL,
	"body" text NOT NULL,
	"created_at" timestamptz(3) NOT NULL,
	CONSTRAINT "policy_documents_tenant_id_hash_pk" PRIMARY KEY("tenant_id","hash")
);
--> statement-breakpoint
CREATE TABLE "policy_sets" (
	"tenant_id" uuid NOT NULL,
	"hash" text NOT NULL,
	"document_hashes" text[] NOT NULL,
	"created_at" timestamptz(3) NOT NULL,
	CONSTRAINT "policy_sets_tenant_id_hash_pk" PRIMARY KEY("tenant_id","hash")
);
--> statement-breakpoint
CREATE TABLE "send_pace" (
	"tenant_id" uuid NOT NULL,
	"owner_id" uuid NOT NULL,
	"next_slot_real" timestamptz(3) NOT NULL,
	CONSTRAINT "send_pace_tenant_id_owner_id_pk" PRIMARY KEY("tenant_id","owner_id")
);
--> statement-breakpoint
CREATE TABLE "stop_requests" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"kind" text NOT NULL,
	"scope" text NOT NULL,
	"target_id" uuid,
	"at" timestamptz(3) NOT NULL,
	"requested_real" timestamptz(3) NOT NULL,
	"committed_real" timestamptz(3) NOT NULL,
	"acknowledged_real" timestamptz(3),
	"revoked" integer NOT NULL,
	"in_flight" integer NOT NULL,
	"requested_by" text NOT NULL,
	"detail" jsonb NOT NULL,
	CONSTRAINT "stop_requests_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "suppression_lists" (
	"tenant_id" uuid NOT NULL,
	"list" text NOT NULL,
	"as_of" timestamptz(3) NOT NULL,
	CONSTRAINT "suppression_lists_tenant_id_list_pk" PRIMARY KEY("tenant_id","list")
);
--> statement-breakpoint
CREATE TABLE "suppressions" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"number_hash" "bytea" NOT NULL,
	"list" text NOT NULL,
	"scope" text NOT NULL,
	"campaign_id" uuid,
	"purpose" text,
	"source" text NOT NULL,
	"requested_by_person" boolean NOT NULL,
	"valid_from" timestamptz(3) NOT NULL,
	"valid_until" timestamptz(3),
	"recorded_at" timestamptz(3) NOT NULL,
	"recorded_by" text NOT NULL,
	CONSTRAINT "suppressions_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "suppressions_entry" UNIQUE NULLS NOT DISTINCT("tenant_id","number_hash","list","scope","campaign_id","purpose")
);
--> statement-breakpoint
CREATE TABLE "tenants" (
	"id" uuid PRIMARY KEY NOT NULL,
	"slug" text NOT NULL,
	"name" text NOT NULL,
	"dialling_stopped_at" timestamptz(3),
	"created_real" timestamptz(3) NOT NULL,
	CONSTRAINT "tenants_slug_unique" UNIQUE("slug")
);
--> statement-breakpoint
CREATE UNIQUE INDEX "attempts_admission" ON "attempts" USING btree ("tenant_id","contact_id","admission");--> statement-breakpoint
CREATE INDEX "attempts_person" ON "attempts" USING btree ("tenant_id","person_id","rang_at");--> statement-breakpoint
CREATE INDEX "attempts_campaign" ON "attempts" USING btree ("tenant_id","campaign_id");--> statement-breakpoint
CREATE INDEX "attempts_open" ON "attempts" USING btree ("tenant_id","campaign_id","state") WHERE state IN ('claimed', 'sending', 'sent', 'unknown');--> statement-breakpoint
CREATE INDEX "attempts_unreported" ON "attempts" USING btree ("tenant_id") WHERE reported_real IS NULL;--> statement-breakpoint
CREATE INDEX "attempts_hangup" ON "attempts" USING btree ("tenant_id") WHERE hangup_requested_real IS NOT NULL AND hangup_done_real IS NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "call_events_once" ON "call_events" USING btree ("tenant_id","carrier_id","event_id");--> statement-breakpoint
CREATE INDEX "call_events_attempt" ON "call_events" USING btree ("tenant_id","attempt_id");--> statement-breakpoint
CREATE INDEX "call_events_pending" ON "call_events" USING btree ("tenant_id","id") WHERE processed_real IS NULL;--> statement-breakpoint
CREATE INDEX "campaigns_status" ON "campaigns" USING btree ("tenant_id","status");--> statement-breakpoint
CREATE UNIQUE INDEX "carriers_name" ON "carriers" USING btree ("tenant_id","name");--> statement-breakpoint
CREATE UNIQUE INDEX "consent_events_dedupe" ON "consent_events" USING btree ("tenant_id","dedupe_key");--> statement-breakpoint
CREATE INDEX "consent_events_person" ON "consent_events" USING btree ("tenant_id","person_id");--> statement-breakpoint
CREATE UNIQUE INDEX "contacts_campaign_person" ON "contacts" USING btree ("tenant_id","campaign_id","person_id");--> statement-breakpoint
CREATE UNIQUE INDEX "contacts_campaign_external" ON "contacts" USING btree ("tenant_id","campaign_id","external_id") WHERE external_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX "contacts_hopper" ON "contacts" USING btree ("tenant_id","campaign_id","cohort","rank","ready_at") WHERE state = 'waiting';--> statement-breakpoint
CREATE INDEX "contacts_admitted" ON "contacts" USING btree ("tenant_id","campaign_id","admitted_real") WHERE state = 'admitted';--> statement-breakpoint
CREATE INDEX "contacts_wake" ON "contacts" USING btree ("tenant_id") WHERE wake_pending;--> statement-breakpoint
CREATE INDEX "contacts_person" ON "contacts" USING btree ("tenant_id","person_id");--> statement-breakpoint
CREATE INDEX "decisions_contact" ON "decisions" USING btree ("tenant_id","contact_id","at");--> statement-breakpoint
CREATE INDEX "decisions_campaign" ON "decisions" USING btree ("tenant_id","campaign_id","verdict");--> statement-breakpoint
CREATE UNIQUE INDEX "decisions_dial_once" ON "decisions" USING btree ("tenant_id","contact_id","admission") WHERE stage = 'dial';--> statement-breakpoint
CREATE INDEX "dispositions_person" ON "dispositions" USING btree ("tenant_id","person_id");--> statement-breakpoint
CREATE INDEX "import_issues_import" ON "import_issues" USING btree ("tenant_id","import_id","line");--> statement-breakpoint
CREATE UNIQUE INDEX "person_keys_pk" ON "vault"."person_keys" USING btree ("tenant_id","person_id");--> statement-breakpoint
CREATE INDEX "person_numbers_person" ON "person_numbers" USING btree ("tenant_id","person_id");--> statement-breakpoint
CREATE INDEX "policy_activations_latest" ON "policy_activations" USING btree ("tenant_id","id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "stop_requests_target" ON "stop_requests" USING btree ("tenant_id","target_id","committed_real");--> statement-breakpoint
CREATE INDEX "suppressions_number" ON "suppressions" USING btree ("tenant_id","number_hash");