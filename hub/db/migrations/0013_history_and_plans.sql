CREATE TABLE "terminal_history" (
	"terminal_id" text NOT NULL,
	"at" bigint NOT NULL,
	"samples" integer NOT NULL,
	"online" integer NOT NULL,
	"queue" integer NOT NULL,
	"free_bytes" bigint,
	"total_bytes" bigint,
	"temperature" integer,
	CONSTRAINT "terminal_history_terminal_id_at_pk" PRIMARY KEY("terminal_id","at")
);
--> statement-breakpoint
ALTER TABLE "sites" ADD COLUMN "place" jsonb;--> statement-breakpoint
ALTER TABLE "sites" ADD COLUMN "plan" jsonb;--> statement-breakpoint
CREATE INDEX "terminal_history_at" ON "terminal_history" USING btree ("at");--> statement-breakpoint
CREATE INDEX "terminals_standing" ON "terminals" USING btree ("state","online");--> statement-breakpoint
CREATE INDEX "transfers_at" ON "transfers" USING btree ("at");--> statement-breakpoint
CREATE INDEX "rentals_started" ON "rentals" USING btree ("started_at");--> statement-breakpoint
CREATE INDEX "rentals_kiosk" ON "rentals" USING btree ("kiosk_id","started_at");--> statement-breakpoint
CREATE INDEX "rentals_staff" ON "rentals" USING btree ("needs_staff","rental_id");--> statement-breakpoint
CREATE INDEX "rentals_closed" ON "rentals" USING btree ("closed_at");--> statement-breakpoint
CREATE INDEX "returns_terminal" ON "returns" USING btree ("terminal_id","destroyed_at");