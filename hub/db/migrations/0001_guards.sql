-- What the database itself refuses, whoever asks (LED-1, CHG-4, SEC-7). Error codes KT001…KT004 are read by hub/db/trouble.ts.
CREATE FUNCTION keyturn_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'append_only: % of % is refused', tg_op, tg_table_name USING ERRCODE = 'KT001';
END $$;
--> statement-breakpoint
CREATE TRIGGER transfers_append_only BEFORE UPDATE OR DELETE ON transfers FOR EACH ROW EXECUTE FUNCTION keyturn_append_only();
--> statement-breakpoint
CREATE TRIGGER transfers_no_truncate BEFORE TRUNCATE ON transfers FOR EACH STATEMENT EXECUTE FUNCTION keyturn_append_only();
--> statement-breakpoint
CREATE TRIGGER entries_append_only BEFORE UPDATE OR DELETE ON entries FOR EACH ROW EXECUTE FUNCTION keyturn_append_only();
--> statement-breakpoint
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON entries FOR EACH STATEMENT EXECUTE FUNCTION keyturn_append_only();
--> statement-breakpoint
CREATE TRIGGER accounts_append_only BEFORE UPDATE OR DELETE ON accounts FOR EACH ROW EXECUTE FUNCTION keyturn_append_only();
--> statement-breakpoint
CREATE TRIGGER accounts_no_truncate BEFORE TRUNCATE ON accounts FOR EACH STATEMENT EXECUTE FUNCTION keyturn_append_only();
--> statement-breakpoint
CREATE TRIGGER tariffs_append_only BEFORE UPDATE OR DELETE ON tariffs FOR EACH ROW EXECUTE FUNCTION keyturn_append_only();
--> statement-breakpoint
CREATE TRIGGER tariffs_no_truncate BEFORE TRUNCATE ON tariffs FOR EACH STATEMENT EXECUTE FUNCTION keyturn_append_only();
--> statement-breakpoint
CREATE TRIGGER receipts_append_only BEFORE UPDATE OR DELETE ON receipts FOR EACH ROW EXECUTE FUNCTION keyturn_append_only();
--> statement-breakpoint
CREATE TRIGGER receipts_no_truncate BEFORE TRUNCATE ON receipts FOR EACH STATEMENT EXECUTE FUNCTION keyturn_append_only();
--> statement-breakpoint
CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION keyturn_append_only();
--> statement-breakpoint
CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries FOR EACH STATEMENT EXECUTE FUNCTION keyturn_append_only();
--> statement-breakpoint
-- A transfer says how many entries it has; they take the places 0 … lines-1. When the transaction ends all places are taken
-- and every unit adds up to 0, and the primary key leaves no place for an entry added later.
CREATE FUNCTION keyturn_entry_place() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  places integer;
BEGIN
  SELECT lines INTO places FROM transfers WHERE transfer_id = NEW.transfer_id;
  IF places IS NULL OR NEW.line < 0 OR NEW.line >= places THEN
    RAISE EXCEPTION 'entry_out_of_place: transfer % has no place %', NEW.transfer_id, NEW.line USING ERRCODE = 'KT002';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER entries_place BEFORE INSERT ON entries FOR EACH ROW EXECUTE FUNCTION keyturn_entry_place();
--> statement-breakpoint
CREATE FUNCTION keyturn_transfer_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  found integer;
  unbalanced integer;
BEGIN
  SELECT coalesce(sum(n), 0), count(*) FILTER (WHERE total <> 0) INTO found, unbalanced
  FROM (SELECT count(*) AS n, sum(amount) AS total FROM entries WHERE transfer_id = NEW.transfer_id GROUP BY unit) AS units;
  IF found <> NEW.lines OR unbalanced <> 0 THEN
    RAISE EXCEPTION 'not_balanced: transfer % has % of % entries, % units off balance', NEW.transfer_id, found, NEW.lines, unbalanced
      USING ERRCODE = 'KT003';
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE CONSTRAINT TRIGGER transfers_balance AFTER INSERT ON transfers DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION keyturn_transfer_balances();
--> statement-breakpoint
-- Only a pending transfer is resolved; that it is so once only is the unique index transfers_resolution.
CREATE FUNCTION keyturn_resolves_pending() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM transfers WHERE transfer_id = NEW.pending_id AND phase = 'pending') THEN
    RAISE EXCEPTION 'not_pending: % resolves %', NEW.transfer_id, NEW.pending_id USING ERRCODE = 'KT004';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER transfers_resolve BEFORE INSERT ON transfers FOR EACH ROW WHEN (NEW.pending_id IS NOT NULL)
  EXECUTE FUNCTION keyturn_resolves_pending();
