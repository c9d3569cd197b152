-- Signed checkpoints of the audit trail are as append-only as the trail itself (SEC-7).
CREATE TRIGGER audit_checkpoints_append_only BEFORE UPDATE OR DELETE ON audit_checkpoints FOR EACH ROW EXECUTE FUNCTION keyturn_append_only();
--> statement-breakpoint
CREATE TRIGGER audit_checkpoints_no_truncate BEFORE TRUNCATE ON audit_checkpoints FOR EACH STATEMENT EXECUTE FUNCTION keyturn_append_only();
--> statement-breakpoint
-- A decision is made once, and nobody changes afterwards what was asked for.
CREATE FUNCTION keyturn_second_person_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state <> 'pending' OR NEW.action <> OLD.action OR NEW.payload <> OLD.payload OR NEW.requested_by <> OLD.requested_by
    OR NEW.subject <> OLD.subject THEN
    RAISE EXCEPTION 'append_only: a request for a second person is decided once' USING ERRCODE = 'KT001';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER second_person_once BEFORE UPDATE ON second_person_requests FOR EACH ROW EXECUTE FUNCTION keyturn_second_person_once();
--> statement-breakpoint
CREATE TRIGGER second_person_append_only BEFORE DELETE ON second_person_requests FOR EACH ROW EXECUTE FUNCTION keyturn_append_only();
