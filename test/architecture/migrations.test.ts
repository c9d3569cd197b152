import { describe, expect, it } from 'vitest';
import { readProject, report } from './files.ts';
import { checkMigrations } from './migrations.ts';

const planted = (text: string) => checkMigrations([{ path: 'hub/db/migrations/0099_planted.sql', text }]);

describe('OPS-3: migrations beside an older hub', () => {
  it('OPS-3: every migration since the baseline only adds', () => {
    const violations = checkMigrations(readProject());
    expect(violations.length, `\n${report(violations)}\n`).toBe(0);
  });

  it.each([
    ['a dropped column', 'ALTER TABLE "rentals" DROP COLUMN "offline";'],
    ['a dropped table', 'DROP TABLE "quotes";'],
    ['a renamed column', 'ALTER TABLE "rentals" RENAME COLUMN "offline" TO "without_hub";'],
    ['a renamed table', 'ALTER TABLE "rentals" RENAME TO "loans";'],
    ['another type', 'ALTER TABLE "returns" ALTER COLUMN "due" SET DATA TYPE text;'],
    ['a demand for a value', 'ALTER TABLE "rentals" ALTER COLUMN "site_id" SET NOT NULL;'],
    ['a column that the older hub does not write', 'ALTER TABLE "rentals" ADD COLUMN "mood" text NOT NULL;'],
    [
      'the same after a statement that is sound',
      'ALTER TABLE "sites" ADD COLUMN "a" text;--> statement-breakpoint\nALTER TABLE "rentals" ADD COLUMN "mood" text NOT NULL;',
    ],
    [
      'a default that is another for each row',
      'ALTER TABLE "rentals" ADD COLUMN "k" uuid DEFAULT gen_random_uuid();',
    ],
    ['a new check', 'ALTER TABLE "rentals" ADD CONSTRAINT "sound" CHECK (charge_revision >= 0);'],
    [
      'a new foreign key',
      'ALTER TABLE "rentals" ADD CONSTRAINT "of_site" FOREIGN KEY ("site_id") REFERENCES "sites"("site_id");',
    ],
    ['a new uniqueness', 'CREATE UNIQUE INDEX "one_a_member" ON "rentals" USING btree ("member_id");'],
    ['what no transaction can do', 'CREATE INDEX CONCURRENTLY "r" ON "rentals" USING btree ("site_id");'],
    ['a lock', 'LOCK TABLE "rentals" IN ACCESS EXCLUSIVE MODE;'],
  ])('OPS-3: %s is refused', (_what, text) => {
    expect(planted(text)).toHaveLength(1);
  });

  it.each([
    ['a column that may be null', 'ALTER TABLE "rentals" ADD COLUMN "mood" text;'],
    ['a column with a constant default', `ALTER TABLE "rentals" ADD COLUMN "mood" text DEFAULT '' NOT NULL;`],
    [
      'the same written the other way round',
      `ALTER TABLE "rentals" ADD COLUMN "n" integer NOT NULL DEFAULT 0;`,
    ],
    [
      'a table of its own with everything',
      'CREATE TABLE "moods" ("id" text PRIMARY KEY NOT NULL);--> statement-breakpoint\nCREATE UNIQUE INDEX "m" ON "moods" USING btree ("id");--> statement-breakpoint\nALTER TABLE "moods" ADD CONSTRAINT "c" CHECK (id <> \'\');',
    ],
    ['an index', 'CREATE INDEX "rentals_x" ON "rentals" USING btree ("offline");'],
    ['a constraint that reads nothing', 'ALTER TABLE "rentals" ADD CONSTRAINT "s" CHECK (true) NOT VALID;'],
    [
      'a function that speaks of it',
      'CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN -- DROP TABLE rentals\n TRUNCATE x; RETURN NEW; END $$;',
    ],
  ])('OPS-3: %s may be added', (_what, text) => {
    expect(planted(text)).toEqual([]);
  });
});
