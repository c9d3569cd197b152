-- Signed documents are base64: trying to compress them takes a third of the time of an event's insert and saves nothing. They are kept beside their row as they are. Only what is written from now on.
ALTER TABLE inbox_events ALTER COLUMN data SET STORAGE EXTERNAL;
--> statement-breakpoint
ALTER TABLE receipts ALTER COLUMN jws SET STORAGE EXTERNAL;
--> statement-breakpoint
ALTER TABLE rentals ALTER COLUMN licence SET STORAGE EXTERNAL;
