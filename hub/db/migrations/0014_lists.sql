CREATE INDEX "terminals_name" ON "terminals" USING btree ("name");--> statement-breakpoint
CREATE INDEX "transfers_booked" ON "transfers" USING btree ("booked_at");--> statement-breakpoint
CREATE INDEX "members_name" ON "members" USING btree ("display_name");--> statement-breakpoint
CREATE INDEX "player_keys_seen" ON "player_keys" USING btree ("seen_at");--> statement-breakpoint
CREATE INDEX "ratings_at" ON "ratings" USING btree ("at");--> statement-breakpoint
CREATE INDEX "rental_timeline_recorded" ON "rental_timeline" USING btree ("recorded_at");--> statement-breakpoint
CREATE INDEX "rentals_due" ON "rentals" USING btree ("due_at");--> statement-breakpoint
CREATE INDEX "rentals_site" ON "rentals" USING btree ("site_id","rental_id");--> statement-breakpoint
CREATE INDEX "reservations_requested" ON "reservations" USING btree ("requested_at");