import type { Check, Violation, VirtualFile } from './files.ts';

/**
 * OPS-3: while a newer hub migrates, an older one goes on with the statements that it knows. So a migration only adds (expand); what the older hub used is taken away
 * by a later release, when none of them runs any more (contract): then its name is listed here, with the release that stopped using it.
 */
const TAKEN_AWAY_LATER: Readonly<Record<string, string>> = {
  '0007_certificates_moved': 'no hub of before the registry of certificates was ever delivered',
};

const FOLDER = 'hub/db/migrations/';
const BREAKPOINT = '--> statement-breakpoint';

interface Rule {
  readonly broken: RegExp;
  readonly why: string;
  /** Of a table that this migration makes itself nobody else knows yet. */
  readonly unlessNew: boolean;
}
const RULES: readonly Rule[] = [
  {
    broken: /\bDROP\s+(TABLE|COLUMN|VIEW|SCHEMA)\b/i,
    why: 'takes away what the older hub still asks for: stop using it in one release, drop it in the next',
    unlessNew: false,
  },
  {
    broken: /\bRENAME\s+(TO|COLUMN|CONSTRAINT)\b/i,
    why: 'renames under the older hub: add the new one, write both, move over, drop the old one later',
    unlessNew: false,
  },
  {
    broken: /\bALTER\s+COLUMN\s+\S+\s+(SET\s+DATA\s+)?TYPE\b/i,
    why: 'rewrites the table under a lock that stops everybody: add a column instead',
    unlessNew: false,
  },
  {
    broken: /\bALTER\s+COLUMN\s+\S+\s+(SET\s+NOT\s+NULL|DROP\s+DEFAULT)\b/i,
    why: 'the older hub may leave it out: only a later release may demand it',
    unlessNew: true,
  },
  {
    broken:
      /\bADD\s+(COLUMN\s+)?(?!CONSTRAINT)[^,;]*\bNOT\s+NULL\b(?![^,;]*\bDEFAULT\b)(?<!\bDEFAULT\b[^,;]*)/i,
    why: 'the older hub does not write it: give it a default, or let it be null',
    unlessNew: true,
  },
  {
    broken:
      /\bADD\s+COLUMN\b[^;]*\bDEFAULT\s+\(?\s*(now\(\)|clock_timestamp|random|gen_random_uuid|nextval)|\bADD\s+COLUMN\b[^;]*(\bGENERATED\b|\s(big|small)?serial\b)/i,
    why: 'writes every row anew under a lock that stops everybody: a constant default does not',
    unlessNew: true,
  },
  {
    broken: /\bADD\s+CONSTRAINT\b(?![^;]*\bNOT\s+VALID\b)/i,
    why: 'reads the whole table under a lock, and refuses what the older hub writes: NOT VALID, in a release after the one that keeps to it',
    unlessNew: true,
  },
  {
    broken: /\bCREATE\s+UNIQUE\s+INDEX\b/i,
    why: 'refuses what the older hub may write: only a later release may demand it',
    unlessNew: true,
  },
  {
    broken: /\bCONCURRENTLY\b/i,
    why: 'cannot run inside the transaction of all migrations',
    unlessNew: false,
  },
  {
    broken: /^\s*(LOCK|TRUNCATE|VACUUM|CLUSTER|REINDEX)\b/i,
    why: 'stops everybody who uses the table',
    unlessNew: true,
  },
];

/** Which table a statement is about. */
const TABLE =
  /\b(?:ALTER\s+TABLE(?:\s+IF\s+EXISTS)?(?:\s+ONLY)?|CREATE\s+(?:UNIQUE\s+)?INDEX[^;]*?\bON|LOCK(?:\s+TABLE)?|TRUNCATE(?:\s+TABLE)?)\s+"?(?:public"?\.)?"?(\w+)"?/i;

/** Comments and the bodies of functions say nothing of locks and columns. */
const bare = (statement: string): string =>
  statement.replace(/--[^\n]*/g, '').replace(/(\$\w*\$).*?\1/gs, '$$$$');

/** Migrations that the running older hub would not survive. */
export const checkMigrations: Check = (files) =>
  files
    .filter(({ path }) => path.startsWith(FOLDER) && path.endsWith('.sql'))
    .flatMap((file) => (nameOf(file) in TAKEN_AWAY_LATER || isFirst(file) ? [] : wrongIn(file)));

const nameOf = ({ path }: VirtualFile): string => path.slice(FOLDER.length, -'.sql'.length);
/** Before the baseline there was no hub. */
const isFirst = (file: VirtualFile): boolean => nameOf(file).startsWith('0000_');

function wrongIn({ path, text }: VirtualFile): Violation[] {
  const made = new Set(
    [...text.matchAll(/\bCREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?"?(\w+)"?/gi)].map(([, name]) => name),
  );
  let line = 1;
  const found: Violation[] = [];
  for (const part of text.split(BREAKPOINT)) {
    const statement = bare(part);
    const isNew = made.has(TABLE.exec(statement)?.[1]);
    for (const { broken, why, unlessNew } of RULES)
      if (broken.test(statement) && !(unlessNew && isNew))
        found.push({ path, line, message: `${statement.trim().slice(0, 80)} … ${why} (OPS-3)` });
    line += part.split('\n').length - 1;
  }
  return found;
}
