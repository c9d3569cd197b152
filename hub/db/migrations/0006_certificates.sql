CREATE TABLE "certificates" (
	"fingerprint" text PRIMARY KEY NOT NULL,
	"terminal_id" text NOT NULL,
	"role" text NOT NULL,
	"serial" text NOT NULL,
	"chain" jsonb NOT NULL,
	"issued_at" bigint NOT NULL,
	"valid_from" bigint NOT NULL,
	"valid_to" bigint NOT NULL,
	"state" text NOT NULL,
	"first_connected_at" bigint,
	"superseded_at" bigint,
	"revoked_at" bigint,
	"revocation_reason" text
);
--> statement-breakpoint
ALTER TABLE "enrolment_codes" ADD COLUMN "hardware_serial" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "enrolment_codes" ADD COLUMN "approved_beforehand" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "enrolment_codes" ADD COLUMN "certificate_request" text;--> statement-breakpoint
ALTER TABLE "enrolment_codes" ADD COLUMN "software" text;--> statement-breakpoint
ALTER TABLE "enrolment_codes" ADD COLUMN "decided_at" bigint;--> statement-breakpoint
ALTER TABLE "enrolment_codes" ADD COLUMN "decided_by" text;--> statement-breakpoint
ALTER TABLE "enrolment_codes" ADD COLUMN "approved" boolean;--> statement-breakpoint
ALTER TABLE "enrolment_codes" ADD COLUMN "fingerprint" text;--> statement-breakpoint
ALTER TABLE "terminals" ADD COLUMN "hardware_serial" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "terminals" ADD COLUMN "decommissioned_at" bigint;--> statement-breakpoint
ALTER TABLE "terminals" ADD COLUMN "wipe_receipt" text;--> statement-breakpoint
CREATE INDEX "certificates_terminal" ON "certificates" USING btree ("terminal_id","state");--> statement-breakpoint
CREATE INDEX "certificates_revoked" ON "certificates" USING btree ("revoked_at");--> statement-breakpoint
CREATE INDEX "certificates_end" ON "certificates" USING btree ("state","valid_to");