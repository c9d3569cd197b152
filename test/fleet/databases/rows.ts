import type { HubDatabase } from '#hub/ports/database.ts';

const MOST = 1_000_000;

/** Every row of every table as text, by the table's name. */
export type Rows = ReadonlyMap<string, readonly string[]>;

/** Everything that stands in a database: ledger, charges, points, logs and all the rest. */
export async function rowsOf({ stores }: HubDatabase): Promise<Rows> {
  const found = new Map<string, readonly unknown[]>();
  for (const [name, store] of Object.entries(stores))
    if ('find' in store) found.set(name, await store.list({}, { limit: MOST }));
  const { ledger, leases, audit } = stores;
  const lines = await ledger.lines({}, { limit: MOST });
  found.set('ledger lines', lines);
  found.set(
    'ledger entries',
    await ledger.contents([...new Set(lines.map(({ transfer }) => transfer.transferId))]),
  );
  found.set('ledger accounts', await ledger.accounts({}));
  found.set('ledger balances', await ledger.trialBalance());
  found.set('leases', await leases.list());
  found.set('audit', await audit.after(0, MOST));
  return new Map([...found].map(([name, rows]) => [name, rows.map(asText).sort()]));
}

/** Rows of the one that the other has not, both ways; empty: the same rows. */
export function unlike(one: Rows, other: Rows): readonly string[] {
  const wrong: string[] = [];
  for (const name of new Set([...one.keys(), ...other.keys()])) {
    const [here, there] = [one.get(name) ?? [], other.get(name) ?? []];
    wrong.push(...without(here, there).map((row) => `${name}: only the first has ${row}`));
    wrong.push(...without(there, here).map((row) => `${name}: only the second has ${row}`));
  }
  return wrong;
}

function without(rows: readonly string[], others: readonly string[]): readonly string[] {
  const left = new Map<string, number>();
  for (const row of others) left.set(row, (left.get(row) ?? 0) + 1);
  return rows.filter((row) => {
    const count = left.get(row) ?? 0;
    if (count > 0) left.set(row, count - 1);
    return count === 0;
  });
}

const asText = (row: unknown): string => JSON.stringify(row, plain);

/** Columns and claims that hold a key of the run, or what only such a key makes. */
const BY_CHANCE = new Set(['slotProofKey', 'slotCheck', 'mac', 'sealed']);
const JWS = /^(eyJ[\w-]+)\.([\w-]+)\.[\w-]+$/;
/** SHA-256 as text: of something signed, of a key, of what a key encrypted, or a chain over such. */
const HASH = /^[0-9a-f]{64}$/;
/** The beginning of a receipt's, as staff are told of it. */
const TOLD_RECEIPT = /\breceipt [0-9a-f]{16}\b/g;
/** A player's public key, which its library draws. */
const AGE_RECIPIENT = /^age1[02-9ac-hj-np-z]{58}$/;

/**
 * Keys in one order, whatever order a database keeps them in; and without what hangs on true chance, which is another in each run: copies' and players' keys, signatures (of a
 * document its claims are left), sealed keys, and hashes over any of these.
 */
function plain(name: string, value: unknown): unknown {
  if (BY_CHANCE.has(name)) return 'by chance';
  if (typeof value === 'string') {
    const document = JWS.exec(value);
    if (document !== null)
      return JSON.parse(Buffer.from(document[2] as string, 'base64url').toString('utf8'));
    if (AGE_RECIPIENT.test(value)) return 'a recipient';
    return HASH.test(value) ? 'a hash' : value.replaceAll(TOLD_RECEIPT, 'receipt (a hash)');
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
