-- The words of whoever asked may name a customer: they can be emptied, and only that, also after the decision (SEC-9).
CREATE OR REPLACE FUNCTION keyturn_second_person_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.reason = '' AND to_jsonb(NEW) - 'reason' = to_jsonb(OLD) - 'reason' THEN
    RETURN NEW;
  END IF;
  IF OLD.state <> 'pending' OR NEW.action <> OLD.action OR NEW.payload <> OLD.payload OR NEW.requested_by <> OLD.requested_by
    OR NEW.subject <> OLD.subject OR NEW.reason <> OLD.reason THEN
    RAISE EXCEPTION 'append_only: a request for a second person is decided once' USING ERRCODE = 'KT001';
  END IF;
  RETURN NEW;
END $$;
