-- What terminals had so far becomes the first rows of the registry; serial and begin of those were never written down.
INSERT INTO "certificates" ("fingerprint", "terminal_id", "role", "serial", "chain", "issued_at", "valid_from", "valid_to", "state", "revoked_at")
SELECT "certificate_fingerprint", "terminal_id", "role", '', "certificate_chain", "created_at", "created_at", "certificate_expires_at",
  CASE WHEN "state" IN ('revoked', 'decommissioned') THEN 'revoked' ELSE 'issued' END, "revoked_at"
FROM "terminals" WHERE "certificate_fingerprint" IS NOT NULL AND "certificate_expires_at" IS NOT NULL;
--> statement-breakpoint
-- A certificate stays in the registry as it was given, and a revoked one stays revoked (SEC-1).
CREATE FUNCTION keyturn_certificates_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF tg_op = 'DELETE' THEN
    RAISE EXCEPTION 'append_only: % of % is refused', tg_op, tg_table_name USING ERRCODE = 'KT001';
  END IF;
  IF (new.fingerprint, new.terminal_id, new.role, new.issued_at, new.valid_to) IS DISTINCT FROM (old.fingerprint, old.terminal_id, old.role, old.issued_at, old.valid_to)
    OR (old.revoked_at IS NOT NULL AND (new.state <> 'revoked' OR new.revoked_at IS DISTINCT FROM old.revoked_at)) THEN
    RAISE EXCEPTION 'append_only: % of % is refused', tg_op, tg_table_name USING ERRCODE = 'KT001';
  END IF;
  RETURN new;
END $$;
--> statement-breakpoint
CREATE TRIGGER certificates_stay BEFORE UPDATE OR DELETE ON certificates FOR EACH ROW EXECUTE FUNCTION keyturn_certificates_stay();
--> statement-breakpoint
ALTER TABLE "terminals" DROP COLUMN "certificate_chain";--> statement-breakpoint
ALTER TABLE "terminals" DROP COLUMN "certificate_fingerprint";--> statement-breakpoint
ALTER TABLE "terminals" DROP COLUMN "certificate_expires_at";