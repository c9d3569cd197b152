-- PINs so far were keyed with the first generation (SEC-3); the verifier of nobody and bare ones of the first version need no key.
UPDATE "members" SET "pin_key" = '1' WHERE "pin_verifier" LIKE 'hmac+%' AND "pin_verifier" NOT LIKE '%$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
--> statement-breakpoint
-- A controller stays in the registry as it was certified, and a revoked one stays revoked (SEC-5).
CREATE FUNCTION keyturn_controllers_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF tg_op = 'DELETE' THEN
    RAISE EXCEPTION 'append_only: % of % is refused', tg_op, tg_table_name USING ERRCODE = 'KT001';
  END IF;
  IF (new.fingerprint, new.medium_id, new.serial, new.issued_at, new.valid_to, new.issued_by) IS DISTINCT FROM (old.fingerprint, old.medium_id, old.serial, old.issued_at, old.valid_to, old.issued_by)
    OR (old.revoked_at IS NOT NULL AND (new.revoked_at, new.revoked_by, new.revocation_reason) IS DISTINCT FROM (old.revoked_at, old.revoked_by, old.revocation_reason)) THEN
    RAISE EXCEPTION 'append_only: % of % is refused', tg_op, tg_table_name USING ERRCODE = 'KT001';
  END IF;
  RETURN new;
END $$;
--> statement-breakpoint
CREATE TRIGGER controllers_stay BEFORE UPDATE OR DELETE ON controllers FOR EACH ROW EXECUTE FUNCTION keyturn_controllers_stay();
