CREATE INDEX "commands_state" ON "commands" USING btree ("state","updated_at");--> statement-breakpoint
CREATE INDEX "quotes_end" ON "quotes" USING btree ("valid_until");