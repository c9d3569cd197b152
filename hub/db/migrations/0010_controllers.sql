CREATE TABLE "controllers" (
	"fingerprint" text PRIMARY KEY NOT NULL,
	"medium_id" text NOT NULL,
	"serial" text NOT NULL,
	"chain" jsonb NOT NULL,
	"certificate_request" text NOT NULL,
	"issued_at" bigint NOT NULL,
	"valid_to" bigint NOT NULL,
	"issued_by" text NOT NULL,
	"terminal_id" text,
	"command_id" text,
	"revoked_at" bigint,
	"revoked_by" text,
	"revocation_reason" text,
	CONSTRAINT "controllers_mediumId_unique" UNIQUE("medium_id")
);
--> statement-breakpoint
ALTER TABLE "members" ADD COLUMN "pin_key" text DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE INDEX "controllers_revoked" ON "controllers" USING btree ("revoked_at");--> statement-breakpoint
CREATE INDEX "controllers_issued" ON "controllers" USING btree ("issued_at");