CREATE TABLE "assets" (
	"sha256" text PRIMARY KEY NOT NULL,
	"media_type" text NOT NULL,
	"bytes" bigint NOT NULL,
	"created_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "editions" (
	"edition_id" text PRIMARY KEY NOT NULL,
	"title_id" text NOT NULL,
	"media_type" text NOT NULL,
	"bytes" bigint NOT NULL,
	"sha256" text NOT NULL,
	"chunk_bytes" integer NOT NULL,
	"chunks" jsonb NOT NULL,
	"created_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "model_runs" (
	"model_run_id" text PRIMARY KEY NOT NULL,
	"trained_at" bigint NOT NULL,
	"took_ms" integer NOT NULL,
	"titles" integer NOT NULL,
	"members" integer NOT NULL,
	"popular" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "neighbours" (
	"title_id" text NOT NULL,
	"rank" integer NOT NULL,
	"near_title_id" text NOT NULL,
	"score" integer NOT NULL,
	CONSTRAINT "neighbours_title_id_rank_pk" PRIMARY KEY("title_id","rank")
);
--> statement-breakpoint
CREATE TABLE "sites" (
	"site_id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"address" text NOT NULL,
	"calendar" jsonb NOT NULL,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tariffs" (
	"tariff_id" text NOT NULL,
	"version" integer NOT NULL,
	"tariff" jsonb NOT NULL,
	"created_at" bigint NOT NULL,
	CONSTRAINT "tariffs_tariff_id_version_pk" PRIMARY KEY("tariff_id","version")
);
--> statement-breakpoint
CREATE TABLE "titles" (
	"title_id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"name" jsonb NOT NULL,
	"description" jsonb NOT NULL,
	"year" integer NOT NULL,
	"runtime_seconds" integer,
	"genres" jsonb NOT NULL,
	"people" jsonb NOT NULL,
	"age_rating" integer NOT NULL,
	"territories" jsonb NOT NULL,
	"release_at" bigint NOT NULL,
	"units_total" integer,
	"demands_secure_medium" boolean NOT NULL,
	"demands_binding" text NOT NULL,
	"withdrawn" boolean NOT NULL,
	"edition_id" text,
	"subtitles" jsonb NOT NULL,
	"poster" text,
	"thumbnail" text,
	"tariff_id" text NOT NULL,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "alerts" (
	"alert_id" text PRIMARY KEY NOT NULL,
	"open_key" text NOT NULL,
	"code" text NOT NULL,
	"subject" text NOT NULL,
	"severity" text NOT NULL,
	"message" text NOT NULL,
	"terminal_id" text,
	"rental_id" text,
	"raised_at" bigint NOT NULL,
	"last_at" bigint NOT NULL,
	"count" integer NOT NULL,
	"cleared_at" bigint,
	"cleared_by" text,
	CONSTRAINT "alerts_openKey_unique" UNIQUE("open_key")
);
--> statement-breakpoint
CREATE TABLE "audit_entries" (
	"sequence" bigint PRIMARY KEY NOT NULL,
	"at" bigint NOT NULL,
	"actor" text NOT NULL,
	"action" text NOT NULL,
	"subject" text NOT NULL,
	"detail" jsonb NOT NULL,
	"previous_hash" text NOT NULL,
	"hash" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "commands" (
	"command_id" text PRIMARY KEY NOT NULL,
	"terminal_id" text NOT NULL,
	"order" jsonb NOT NULL,
	"state" text NOT NULL,
	"issued_by" text NOT NULL,
	"issued_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL,
	"fault" jsonb,
	"output" text
);
--> statement-breakpoint
CREATE TABLE "enrolment_codes" (
	"code_hash" text PRIMARY KEY NOT NULL,
	"terminal_id" text NOT NULL,
	"role" text NOT NULL,
	"site_id" text NOT NULL,
	"name" text NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"used_at" bigint
);
--> statement-breakpoint
CREATE TABLE "leases" (
	"lease_name" text PRIMARY KEY NOT NULL,
	"holder" text NOT NULL,
	"generation" bigint NOT NULL,
	"expires_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "settings" (
	"name" text PRIMARY KEY NOT NULL,
	"value" jsonb NOT NULL,
	"updated_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "terminals" (
	"terminal_id" text PRIMARY KEY NOT NULL,
	"role" text NOT NULL,
	"site_id" text NOT NULL,
	"name" text NOT NULL,
	"state" text NOT NULL,
	"secret_hash" text,
	"certificate_chain" jsonb NOT NULL,
	"certificate_fingerprint" text,
	"certificate_expires_at" bigint,
	"software" text,
	"session" text,
	"epoch" text,
	"online" boolean NOT NULL,
	"online_changed_at" bigint,
	"last_contact_at" bigint,
	"heartbeat" jsonb,
	"heartbeat_at" bigint,
	"config_desired" jsonb,
	"config_reported" integer NOT NULL,
	"cache" jsonb NOT NULL,
	"created_at" bigint NOT NULL,
	"revoked_at" bigint
);
--> statement-breakpoint
CREATE TABLE "timelines" (
	"ordinal" integer PRIMARY KEY NOT NULL,
	"timeline" text NOT NULL,
	"started_at" bigint NOT NULL,
	"cause" text NOT NULL,
	CONSTRAINT "timelines_timeline_unique" UNIQUE("timeline")
);
--> statement-breakpoint
CREATE TABLE "conflicts" (
	"conflict_id" text PRIMARY KEY NOT NULL,
	"terminal_id" text NOT NULL,
	"epoch" text NOT NULL,
	"lane" integer NOT NULL,
	"sequence" bigint NOT NULL,
	"kept_event_id" text NOT NULL,
	"other_event_id" text NOT NULL,
	"other" jsonb NOT NULL,
	"received_at" bigint NOT NULL,
	"settled_at" bigint,
	"settled_by" text,
	CONSTRAINT "conflicts_otherEventId_unique" UNIQUE("other_event_id")
);
--> statement-breakpoint
CREATE TABLE "cursors" (
	"terminal_id" text NOT NULL,
	"epoch" text NOT NULL,
	"lane" integer NOT NULL,
	"contiguous" bigint NOT NULL,
	"first_held" bigint NOT NULL,
	"last" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL,
	CONSTRAINT "cursors_terminal_id_epoch_lane_pk" PRIMARY KEY("terminal_id","epoch","lane")
);
--> statement-breakpoint
CREATE TABLE "dead_letters" (
	"dead_letter_id" text PRIMARY KEY NOT NULL,
	"terminal_id" text NOT NULL,
	"epoch" text NOT NULL,
	"lane" integer NOT NULL,
	"sequence" bigint NOT NULL,
	"event_id" text NOT NULL,
	"rental_id" text,
	"event" jsonb NOT NULL,
	"state" text NOT NULL,
	"cause" text NOT NULL,
	"message" text NOT NULL,
	"created_at" bigint NOT NULL,
	"tries" integer NOT NULL,
	"settled_at" bigint,
	"settled_by" text
);
--> statement-breakpoint
CREATE TABLE "inbox_events" (
	"terminal_id" text NOT NULL,
	"epoch" text NOT NULL,
	"lane" integer NOT NULL,
	"sequence" bigint NOT NULL,
	"event_id" text NOT NULL,
	"kind" text NOT NULL,
	"stamp" jsonb NOT NULL,
	"data" jsonb NOT NULL,
	"received_at" bigint NOT NULL,
	CONSTRAINT "inbox_events_terminal_id_epoch_lane_sequence_pk" PRIMARY KEY("terminal_id","epoch","lane","sequence")
);
--> statement-breakpoint
CREATE TABLE "accounts" (
	"account_id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"owner_id" text,
	"unit" text NOT NULL,
	"created_at" bigint NOT NULL,
	CONSTRAINT "accounts_unit" UNIQUE("account_id","unit")
);
--> statement-breakpoint
CREATE TABLE "entries" (
	"transfer_id" text NOT NULL,
	"line" integer NOT NULL,
	"account_id" text NOT NULL,
	"amount" bigint NOT NULL,
	"unit" text NOT NULL,
	CONSTRAINT "entries_transfer_id_line_pk" PRIMARY KEY("transfer_id","line"),
	CONSTRAINT "entries_not_zero" CHECK (amount <> 0)
);
--> statement-breakpoint
CREATE TABLE "transfers" (
	"transfer_id" text PRIMARY KEY NOT NULL,
	"phase" text NOT NULL,
	"reason" text NOT NULL,
	"pending_id" text,
	"corrects_id" text,
	"rental_id" text,
	"return_id" text,
	"member_id" text,
	"site_id" text,
	"at" bigint NOT NULL,
	"booked_at" bigint NOT NULL,
	"expires_at" bigint,
	"lines" integer NOT NULL,
	"fingerprint" text NOT NULL,
	"detail" jsonb NOT NULL,
	CONSTRAINT "transfers_resolves" CHECK ((phase in ('posted', 'voided', 'expired')) = (pending_id is not null)),
	CONSTRAINT "transfers_expiry" CHECK ((phase = 'pending') = (expires_at is not null)),
	CONSTRAINT "transfers_lines" CHECK (case when phase in ('voided', 'expired') then lines = 0 else lines >= 2 end)
);
--> statement-breakpoint
CREATE TABLE "coupons" (
	"coupon_id" text PRIMARY KEY NOT NULL,
	"label" text NOT NULL,
	"basis_points" integer,
	"amount_minor" bigint,
	"currency" text NOT NULL,
	"member_id" text,
	"valid_from" bigint NOT NULL,
	"valid_until" bigint NOT NULL,
	"rental_id" text,
	"created_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "media" (
	"medium_id" text PRIMARY KEY NOT NULL,
	"member_id" text,
	"medium_class" text NOT NULL,
	"identity" text,
	"access_key_hash" text,
	"registered_at" bigint NOT NULL,
	"last_seen_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "member_sessions" (
	"token_hash" text PRIMARY KEY NOT NULL,
	"member_id" text NOT NULL,
	"terminal_id" text NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"ended_at" bigint
);
--> statement-breakpoint
CREATE TABLE "members" (
	"member_id" text PRIMARY KEY NOT NULL,
	"token" text NOT NULL,
	"number" text NOT NULL,
	"display_name" text NOT NULL,
	"birth_year" integer NOT NULL,
	"language" text NOT NULL,
	"pin_verifier" text NOT NULL,
	"pin_tries" integer NOT NULL,
	"pin_locked_at" bigint,
	"preferred_means" jsonb NOT NULL,
	"currency" text NOT NULL,
	"site_id" text,
	"state" text NOT NULL,
	"created_at" bigint NOT NULL,
	CONSTRAINT "members_token_unique" UNIQUE("token"),
	CONSTRAINT "members_number_unique" UNIQUE("number")
);
--> statement-breakpoint
CREATE TABLE "player_keys" (
	"player_id" text PRIMARY KEY NOT NULL,
	"member_id" text,
	"medium_id" text,
	"recipient" text NOT NULL,
	"jws" text NOT NULL,
	"seen_at" bigint NOT NULL,
	"revoked" boolean NOT NULL
);
--> statement-breakpoint
CREATE TABLE "staff" (
	"staff_id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"role" text NOT NULL,
	"secret_verifier" text NOT NULL,
	"created_at" bigint NOT NULL,
	"disabled_at" bigint,
	CONSTRAINT "staff_name_unique" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "allotments" (
	"terminal_id" text PRIMARY KEY NOT NULL,
	"issued_at" bigint NOT NULL,
	"valid_until" bigint NOT NULL,
	"rentals" integer NOT NULL,
	"per_member_minor" bigint NOT NULL,
	"total_minor" bigint NOT NULL,
	"units" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "quotes" (
	"return_id" text PRIMARY KEY NOT NULL,
	"rental_id" text NOT NULL,
	"terminal_id" text NOT NULL,
	"t0" bigint NOT NULL,
	"total" jsonb,
	"answer" jsonb NOT NULL,
	"nonce" text NOT NULL,
	"chunk_indices" jsonb NOT NULL,
	"made_at" bigint NOT NULL,
	"valid_until" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "ratings" (
	"rental_id" text PRIMARY KEY NOT NULL,
	"title_id" text NOT NULL,
	"member_id" text NOT NULL,
	"stars" integer NOT NULL,
	"at" bigint NOT NULL,
	"event_id" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "receipts" (
	"receipt_id" text PRIMARY KEY NOT NULL,
	"return_id" text NOT NULL,
	"rental_id" text NOT NULL,
	"terminal_id" text NOT NULL,
	"counter" bigint NOT NULL,
	"previous" text NOT NULL,
	"jws" text NOT NULL,
	"claim" text NOT NULL,
	"read_back" text NOT NULL,
	"destroyed_at" bigint NOT NULL,
	"received_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "rental_timeline" (
	"entry_id" text PRIMARY KEY NOT NULL,
	"rental_id" text NOT NULL,
	"at" bigint NOT NULL,
	"recorded_at" bigint NOT NULL,
	"kind" text NOT NULL,
	"outcome" text NOT NULL,
	"terminal_id" text,
	"event_id" text,
	"detail" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "rentals" (
	"rental_id" text PRIMARY KEY NOT NULL,
	"copy_id" text NOT NULL,
	"title_id" text NOT NULL,
	"edition_id" text NOT NULL,
	"medium_id" text NOT NULL,
	"member_id" text,
	"member_token" text NOT NULL,
	"site_id" text,
	"kiosk_id" text,
	"binding" text NOT NULL,
	"tariff" jsonb NOT NULL,
	"calendar" jsonb NOT NULL,
	"discounts" jsonb NOT NULL,
	"coupons" jsonb NOT NULL,
	"status" text NOT NULL,
	"state" jsonb,
	"started_at" bigint,
	"due_at" bigint,
	"keep_at" bigint,
	"licence_end" bigint,
	"closed_at" bigint,
	"licence" text,
	"licence_status" text NOT NULL,
	"endless_licence_due" boolean NOT NULL,
	"slot_proof_key" text,
	"chunk_hashes" jsonb NOT NULL,
	"hold" jsonb,
	"hold_expires_at" bigint,
	"reservation_id" text,
	"prepared_at" bigint NOT NULL,
	"permit_expires_at" bigint,
	"offline" boolean NOT NULL,
	"needs_staff" boolean NOT NULL,
	"charge" jsonb,
	"charge_revision" integer NOT NULL,
	"settled" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "reservations" (
	"reservation_id" text PRIMARY KEY NOT NULL,
	"title_id" text NOT NULL,
	"member_id" text NOT NULL,
	"site_id" text,
	"rental_id" text,
	"state" text NOT NULL,
	"requested_at" bigint NOT NULL,
	"ready_at" bigint,
	"ready_until" bigint,
	"ended_at" bigint,
	"rewarded" boolean NOT NULL
);
--> statement-breakpoint
CREATE TABLE "returns" (
	"return_id" text PRIMARY KEY NOT NULL,
	"rental_id" text NOT NULL,
	"copy_id" text,
	"terminal_id" text,
	"state" text NOT NULL,
	"t0" bigint,
	"destroyed_at" bigint,
	"offline_since" bigint,
	"agreed" jsonb,
	"due" jsonb,
	"payments" jsonb NOT NULL,
	"proof" text NOT NULL,
	"receipt_id" text,
	"updated_at" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "entries" ADD CONSTRAINT "entries_transfer_id_transfers_transfer_id_fk" FOREIGN KEY ("transfer_id") REFERENCES "public"."transfers"("transfer_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "entries" ADD CONSTRAINT "entries_account_unit" FOREIGN KEY ("account_id","unit") REFERENCES "public"."accounts"("account_id","unit") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "transfers" ADD CONSTRAINT "transfers_pending" FOREIGN KEY ("pending_id") REFERENCES "public"."transfers"("transfer_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "transfers" ADD CONSTRAINT "transfers_corrects" FOREIGN KEY ("corrects_id") REFERENCES "public"."transfers"("transfer_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "editions_title" ON "editions" USING btree ("title_id");--> statement-breakpoint
CREATE INDEX "titles_release" ON "titles" USING btree ("release_at");--> statement-breakpoint
CREATE INDEX "alerts_open" ON "alerts" USING btree ("cleared_at","raised_at");--> statement-breakpoint
CREATE INDEX "commands_terminal" ON "commands" USING btree ("terminal_id","state","issued_at");--> statement-breakpoint
CREATE INDEX "terminals_site" ON "terminals" USING btree ("site_id");--> statement-breakpoint
CREATE INDEX "conflicts_open" ON "conflicts" USING btree ("settled_at","received_at");--> statement-breakpoint
CREATE INDEX "dead_letters_state" ON "dead_letters" USING btree ("state","created_at");--> statement-breakpoint
CREATE INDEX "dead_letters_rental" ON "dead_letters" USING btree ("rental_id","state");--> statement-breakpoint
CREATE INDEX "inbox_events_event" ON "inbox_events" USING btree ("event_id");--> statement-breakpoint
CREATE INDEX "accounts_owner" ON "accounts" USING btree ("owner_id","kind");--> statement-breakpoint
CREATE INDEX "entries_account" ON "entries" USING btree ("account_id");--> statement-breakpoint
CREATE UNIQUE INDEX "transfers_resolution" ON "transfers" USING btree ("pending_id");--> statement-breakpoint
CREATE INDEX "transfers_rental" ON "transfers" USING btree ("rental_id");--> statement-breakpoint
CREATE INDEX "transfers_member" ON "transfers" USING btree ("member_id","at");--> statement-breakpoint
CREATE INDEX "transfers_open" ON "transfers" USING btree ("phase","expires_at");--> statement-breakpoint
CREATE INDEX "coupons_member" ON "coupons" USING btree ("member_id");--> statement-breakpoint
CREATE INDEX "coupons_rental" ON "coupons" USING btree ("rental_id");--> statement-breakpoint
CREATE INDEX "media_member" ON "media" USING btree ("member_id");--> statement-breakpoint
CREATE INDEX "player_keys_member" ON "player_keys" USING btree ("member_id");--> statement-breakpoint
CREATE INDEX "quotes_rental" ON "quotes" USING btree ("rental_id");--> statement-breakpoint
CREATE INDEX "ratings_title" ON "ratings" USING btree ("title_id");--> statement-breakpoint
CREATE INDEX "ratings_member" ON "ratings" USING btree ("member_id");--> statement-breakpoint
CREATE INDEX "receipts_chain" ON "receipts" USING btree ("terminal_id","counter");--> statement-breakpoint
CREATE INDEX "receipts_rental" ON "receipts" USING btree ("rental_id");--> statement-breakpoint
CREATE INDEX "rental_timeline_rental" ON "rental_timeline" USING btree ("rental_id","at");--> statement-breakpoint
CREATE UNIQUE INDEX "rentals_copy" ON "rentals" USING btree ("copy_id");--> statement-breakpoint
CREATE INDEX "rentals_member" ON "rentals" USING btree ("member_id","status");--> statement-breakpoint
CREATE INDEX "rentals_title" ON "rentals" USING btree ("title_id","status");--> statement-breakpoint
CREATE INDEX "rentals_status" ON "rentals" USING btree ("status");--> statement-breakpoint
CREATE INDEX "rentals_medium" ON "rentals" USING btree ("medium_id");--> statement-breakpoint
CREATE INDEX "reservations_queue" ON "reservations" USING btree ("title_id","state","requested_at");--> statement-breakpoint
CREATE INDEX "reservations_member" ON "reservations" USING btree ("member_id");--> statement-breakpoint
CREATE INDEX "returns_rental" ON "returns" USING btree ("rental_id");