DROP INDEX "rentals_staff";--> statement-breakpoint
DROP INDEX "rentals_site";--> statement-breakpoint
CREATE INDEX "rentals_prepared" ON "rentals" USING btree ("prepared_at");--> statement-breakpoint
CREATE INDEX "rentals_staff" ON "rentals" USING btree ("needs_staff","prepared_at");--> statement-breakpoint
CREATE INDEX "rentals_site" ON "rentals" USING btree ("site_id","prepared_at");