-- What becomes a leaf of the log is noted in the transaction that made it (SEC-4): nothing is forgotten, and nobody waits for the tree.
CREATE FUNCTION keyturn_log_transfers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO log_pending (kind, subject, since) SELECT 'transfer', transfer_id, booked_at FROM made;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER transfers_log AFTER INSERT ON transfers REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION keyturn_log_transfers();
--> statement-breakpoint
CREATE FUNCTION keyturn_log_receipts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO log_pending (kind, subject, since) SELECT 'receipt', receipt_id, received_at FROM made;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER receipts_log AFTER INSERT ON receipts REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION keyturn_log_receipts();
--> statement-breakpoint
CREATE FUNCTION keyturn_log_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO log_pending (kind, subject, since) SELECT 'audit', sequence::text, at FROM made;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER audit_entries_log AFTER INSERT ON audit_entries REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION keyturn_log_audit();
--> statement-breakpoint
-- What was there before the log.
INSERT INTO log_pending (kind, subject, since)
SELECT kind, subject, since FROM (
  SELECT 'transfer' AS kind, transfer_id AS subject, booked_at AS since FROM transfers
  UNION ALL SELECT 'receipt', receipt_id, received_at FROM receipts
  UNION ALL SELECT 'audit', sequence::text, at FROM audit_entries) AS older ORDER BY since, kind, subject;
--> statement-breakpoint
CREATE TRIGGER log_leaves_append_only BEFORE UPDATE OR DELETE ON log_leaves FOR EACH ROW EXECUTE FUNCTION keyturn_append_only();
--> statement-breakpoint
CREATE TRIGGER log_leaves_no_truncate BEFORE TRUNCATE ON log_leaves FOR EACH STATEMENT EXECUTE FUNCTION keyturn_append_only();
--> statement-breakpoint
CREATE TRIGGER log_nodes_append_only BEFORE UPDATE OR DELETE ON log_nodes FOR EACH ROW EXECUTE FUNCTION keyturn_append_only();
--> statement-breakpoint
CREATE TRIGGER log_nodes_no_truncate BEFORE TRUNCATE ON log_nodes FOR EACH STATEMENT EXECUTE FUNCTION keyturn_append_only();
--> statement-breakpoint
CREATE TRIGGER log_checkpoints_append_only BEFORE UPDATE OR DELETE ON log_checkpoints FOR EACH ROW EXECUTE FUNCTION keyturn_append_only();
--> statement-breakpoint
CREATE TRIGGER log_checkpoints_no_truncate BEFORE TRUNCATE ON log_checkpoints FOR EACH STATEMENT EXECUTE FUNCTION keyturn_append_only();
