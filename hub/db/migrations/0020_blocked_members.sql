ALTER TABLE "members" ADD COLUMN "blocked_at" bigint;--> statement-breakpoint
ALTER TABLE "members" ADD COLUMN "block_cause" text;