CREATE TABLE "copy_openings" (
	"copy_id" text NOT NULL,
	"player_id" text NOT NULL,
	"opened_at" bigint NOT NULL,
	"closed_at" bigint NOT NULL,
	"medium_id" text NOT NULL,
	"carried_by" text,
	"received_at" bigint NOT NULL,
	CONSTRAINT "copy_openings_copy_id_player_id_opened_at_pk" PRIMARY KEY("copy_id","player_id","opened_at")
);
--> statement-breakpoint
CREATE TABLE "player_pairings" (
	"code_hash" text PRIMARY KEY NOT NULL,
	"player_id" text NOT NULL,
	"jws" text NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	CONSTRAINT "player_pairings_playerId_unique" UNIQUE("player_id")
);
--> statement-breakpoint
ALTER TABLE "members" ADD COLUMN "pin_changed_at" bigint;--> statement-breakpoint
ALTER TABLE "player_keys" ADD COLUMN "revoked_at" bigint;--> statement-breakpoint
ALTER TABLE "player_keys" ADD COLUMN "added_by" text;--> statement-breakpoint
ALTER TABLE "player_keys" ADD COLUMN "added_at" bigint;--> statement-breakpoint
CREATE INDEX "copy_openings_received" ON "copy_openings" USING btree ("received_at");--> statement-breakpoint
CREATE INDEX "player_pairings_expires" ON "player_pairings" USING btree ("expires_at");