import fc from 'fast-check';
import { expect } from 'vitest';
import { commitGroup, type ReceivedBatch } from '#hub/app/ingest/commit-group.ts';
import { authorisePart, topUp } from '#hub/app/ledger/payments.ts';
import type { HubDatabase } from '#hub/ports/database.ts';
import type { RentalId, ReturnId, TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { type Licence, licenceSchema } from '#shared/media/licence.ts';
import { signJws } from '#shared/media/signing.ts';
import type { EnvelopeEvent } from '#shared/protocol/envelope.ts';
import {
  addTerminal,
  cardPart,
  DAY,
  type Devices,
  furnish,
  HOUR,
  id,
  lane,
  MEMBER,
  type openHub,
  returned,
  rulesFor,
  SITE,
  START,
  started,
  TITLE,
  TOKEN,
  writtenCopy,
} from './hub-world.ts';

type Hub = Awaited<ReturnType<typeof openHub>>;
type TestLane = ReturnType<typeof lane>;

/** Events of four terminals, made once: signing is dear, scripts of them are cheap. */
export interface Pool {
  readonly lanes: readonly TestLane[];
  readonly reserved: { readonly rentalId: RentalId; readonly returnId: ReturnId };
}

/** What goes well, what must be refused, what only the end of a group finds out, and what waits for another terminal's news. */
export async function makePool(devices: Devices): Promise<Pool> {
  const kiosk = lane('kiosk-1');
  const one = lane('return-1');
  const two = lane('return-2');
  const news = lane('kiosk-1', 1);
  const written = [];
  for (let n = 0; n < 7; n += 1) {
    const at = epochMs(START + n * HOUR);
    const rental = await writtenCopy(devices, at);
    written.push(rental);
    kiosk.add('rental.started', started(rental), at);
    news.add('cache.changed', { titleId: TITLE, state: n % 2 === 0 ? 'ready' : 'dropped', bytes: n, at }, at);
  }
  const [paid, late, double, prepaid, failed, forged, waiting] = written;
  if (!paid || !late || !double || !prepaid || !failed || !forged || !waiting)
    throw new Error('seven were written');
  const t = (hours: number) => epochMs(START + hours * HOUR);
  const rate = (to: TestLane, { rentalId }: { rentalId: RentalId }, stars: 1 | 4 | 5, at: number) =>
    to.add('rating.given', { rentalId, titleId: TITLE, stars, at: epochMs(at) }, epochMs(at));

  rate(one, waiting, 4, t(9));
  const first = await returned(paid, devices.returns, t(20));
  one.add('return.accepted', first.accepted, t(20));
  one.add('return.destroyed', { ...first.destroyed, parts: [cardPart(paid, first.returnId, 400)] }, t(20));
  rate(one, paid, 5, t(20));
  rate(one, paid, 4, t(21));
  const wrong = await returned(forged, devices.returns, t(22), { proofKey: 'A'.repeat(43) });
  one.add('return.accepted', wrong.accepted, t(22));
  one.add('return.destroyed', wrong.destroyed, t(22));
  rate(one, forged, 1, t(22));
  const spent = await returned(prepaid, devices.returns, t(23));
  const part = {
    ...cardPart(prepaid, spent.returnId, 300),
    key: `${prepaid.rentalId}:${spent.returnId}:prepaid`,
    means: 'prepaid' as const,
    authorisationId: `auth:${prepaid.rentalId}:${spent.returnId}:prepaid`,
    maskedCard: null,
  };
  one.add('return.destroyed', { ...spent.destroyed, parts: [part] }, t(23));
  const declined = await returned(failed, devices.returns, t(70));
  const card = cardPart(failed, declined.returnId, 550);
  one.add('return.destroyed', { ...declined.destroyed, parts: [card] }, t(70));
  const { rentalId } = failed;
  const outcome = { key: card.key, rentalId, returnId: declined.returnId, amount: card.amount };
  one.add('payment.failed', { ...outcome, reason: 'card_declined', at: t(71) }, t(71));
  one.add('payment.captured', { ...outcome, authorisationId: 'auth-1', key: 'nobody', at: t(71) }, t(71));

  const clone = await returned(double, devices.otherReturns, t(30), { offlineSince: START });
  two.add('return.accepted', clone.accepted, t(30));
  two.add('return.destroyed', clone.destroyed, t(30));
  const again = await returned(double, devices.otherReturns, t(28), { offlineSince: START });
  two.add('return.destroyed', again.destroyed, t(31));
  two.add('return.repeated', { rentalId: late.rentalId, copyId: late.copyId, at: t(40) }, t(40));
  const after = await returned(late, devices.otherReturns, epochMs(START + 4 * DAY), { provisional: 400 });
  two.add('return.destroyed', { ...after.destroyed, parts: [cardPart(late, after.returnId, 400)] }, t(96));
  const reservationId = id<never>();
  two.add(
    'reservation.requested',
    {
      reservationId,
      titleId: TITLE,
      memberToken: TOKEN,
      siteId: SITE,
      rentalId: late.rentalId,
      at: t(97),
    } as never,
    t(97),
  );
  two.add('reservation.cancelled', { reservationId, memberToken: TOKEN, at: t(97) }, t(97));
  two.add('reservation.cancelled', { reservationId: id<never>(), memberToken: TOKEN, at: t(97) }, t(97));
  two.add(
    'medium.lost',
    { rentalIds: [waiting.rentalId, paid.rentalId], memberToken: TOKEN, at: t(98) },
    t(98),
  );
  two.add('alert.raised', { code: 'door_open', subject: '', message: 'open', at: t(98) }, t(98));
  two.add('alert.raised', { code: 'door_open', subject: '', message: 'still open', at: t(99) }, t(99));
  two.add('rating.given', { rentalId: 'no id' } as never, t(99));

  // The copy of another rental: only the unique index of the database says that there cannot be two.
  const payload = JSON.parse(
    Buffer.from(paid.licence.split('.')[1] ?? '', 'base64url').toString(),
  ) as Licence;
  const twin = { ...payload, keyturn: { ...payload.keyturn, rentalId: id<RentalId>() } };
  const licence = await signJws('keyturn-licence', licenceSchema.parse(twin), devices.kiosk, START);
  kiosk.add(
    'rental.started',
    { ...started(paid), rentalId: twin.keyturn.rentalId as RentalId, licence },
    START,
  );
  kiosk.add('config.applied', { version: 3, at: t(99) }, t(99));

  // Held copies that another kiosk settles, perhaps before this one is heard of.
  const settling = lane('kiosk-2');
  for (const [n, outcome] of (['complete', 'wiped'] as const).entries()) {
    const { rentalId, licence, proofKey } = await writtenCopy(devices, t(10 + n));
    const begun = { slotBegunAt: t(10 + n), slotProofKey: proofKey, chunkHashes: [] };
    kiosk.add('rental.held', { rentalId, licence, ...begun }, t(10 + n));
    settling.add('rental.held_settled', { rentalId, outcome, at: t(12 + n), licence }, t(12 + n));
  }
  return {
    lanes: [kiosk, one, two, news, settling],
    reserved: { rentalId: prepaid.rentalId, returnId: spent.returnId },
  };
}

/** One batch of a script: of which lane, from where, how many, and what is wrong with it. */
const step = fc.record({
  lane: fc.nat(4),
  back: fc.nat(2),
  skip: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(2) }),
  size: fc.integer({ min: 1, max: 9 }),
  wrong: fc.constantFrom<'' | 'conflict' | 'new epoch'>('', '', '', '', '', 'conflict', 'new epoch'),
  /** Whether the group is closed behind it. */
  close: fc.boolean(),
});
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
export const script = fc.array(step, { minLength: 4, maxLength: 30 });

/** The groups of a script: each lane goes on where it stands, steps back, or leaves a gap; in the end everything is sent. */
export function groupsOf({ lanes }: Pool, steps: readonly Step[]): ReceivedBatch[][] {
  const at = lanes.map(() => 0);
  const groups: ReceivedBatch[][] = [[]];
  for (const { lane: which, back, skip, size, wrong, close } of steps) {
    const from = lanes[which];
    if (from === undefined) continue;
    const begin = Math.max(0, (at[which] ?? 0) - back) + skip;
    let part: readonly EnvelopeEvent[] = from.events.slice(begin, begin + size);
    if (part.length === 0) continue;
    if (skip === 0) at[which] = Math.max(at[which] ?? 0, begin + part.length);
    if (wrong === 'conflict')
      part = part.map((event) => ({ ...event, id: `${event.id.slice(0, -2)}ff` as never }));
    const sent = from.batch(part);
    groups.at(-1)?.push(
      wrong === 'new epoch'
        ? {
            ...sent,
            batch: {
              ...sent.batch,
              epoch: 'epoch2',
              events: part.map((event, sequence) => ({ ...event, sequence })),
            },
          }
        : sent,
    );
    if (close) groups.push([]);
  }
  groups.push(lanes.map((each) => each.batch()));
  return groups.filter((group) => group.length > 0);
}

/** A furnished hub after a script: every row of what ingest writes, without what chance names. */
export async function afterScript(
  open: () => Promise<Hub>,
  devices: Devices,
  pool: Pool,
  groups: readonly (readonly ReceivedBatch[])[],
  how: 'one by one' | 'groups',
): Promise<{ readonly rows: string; readonly standings: string; readonly passed: readonly string[] }> {
  const hub = await open();
  await furnish(hub.db, { unitsTotal: 3 });
  await addTerminal(hub.db, 'kiosk-2' as TerminalId, 'kiosk');
  await reserve(hub, pool);
  const passed: string[] = [];
  const rules = {
    ...rulesFor(devices, hub),
    oneByOne: how === 'one by one',
    passed: (call: string) => passed.push(call),
  };
  const standings: unknown[] = [];
  for (const [place, group] of groups.entries()) {
    if (place === 3)
      await hub.db.stores.terminals.patch({ terminalId: 'return-2' as TerminalId }, { state: 'revoked' });
    if (place === 4)
      await hub.db.stores.terminals.patch({ terminalId: 'return-2' as TerminalId }, { state: 'active' });
    standings.push(await commitGroup(hub.db, rules, group));
  }
  const rows = await everything(hub.db);
  await hub.db.close();
  return { rows, standings: JSON.stringify(standings), passed };
}

async function reserve({ db, clock }: Hub, { reserved }: Pool): Promise<void> {
  await db.transaction(async (stores) => {
    const money = { minor: 300, currency: 'EUR' } as const;
    const paidIn = { key: 'k', memberId: MEMBER, siteId: null, authorisationId: 'a', amount: money };
    await topUp(stores, { ...paidIn, purpose: 'prepaid' }, clock.now());
    const key = `${reserved.rentalId}:${reserved.returnId}:prepaid`;
    const input = { ...reserved, key, memberId: MEMBER, siteId: null, amount: money, points: null };
    const part = await authorisePart(stores, { ...input, means: 'prepaid' }, clock.now());
    if (!part.ok) throw new Error(part.error.code);
  });
}

const TABLES = [
  ...['rentals', 'timeline', 'returns', 'receipts', 'reservations', 'ratings', 'media', 'members'],
  ...['terminals', 'cursors', 'inboxEvents', 'deadLetters', 'conflicts', 'alerts', 'logPending'],
] as const;

async function everything({ stores }: HubDatabase): Promise<string> {
  const rows: string[] = [];
  const chance = new Set(['alertId', 'deadLetterId', 'conflictId', 'place']);
  const plain = (_key: string, value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  for (const name of TABLES) {
    const table = stores[name as 'rentals'];
    for (const row of await table.list({}, { limit: 10_000 })) {
      const kept = Object.entries(row).filter(([column]) => !chance.has(column));
      const { alertId } = row as { alertId?: string };
      const text = JSON.stringify(Object.fromEntries(kept), plain);
      rows.push(`${name} ${alertId === undefined ? text : text.replaceAll(alertId, 'ALERT')}`);
    }
  }
  for (const line of await stores.ledger.lines({}, { limit: 10_000 }))
    rows.push(`line ${JSON.stringify(line, plain)}`);
  for (const row of await stores.ledger.accounts({})) rows.push(`account ${JSON.stringify(row, plain)}`);
  return rows.sort().join('\n');
}

/** SYN-2, SYN-3: groups over loaded rows leave the very rows that events leave which go to the database one by one. */
export async function sameBothWays(
  openHubOf: () => Promise<Hub>,
  devices: Devices,
  pool: Pool,
  runs: { readonly numRuns: number; readonly seed: number },
): Promise<readonly string[]> {
  const passed: string[] = [];
  await fc.assert(
    fc.asyncProperty(script, async (steps) => {
      const groups = groupsOf(pool, steps);
      const single = await afterScript(openHubOf, devices, pool, groups, 'one by one');
      const grouped = await afterScript(openHubOf, devices, pool, groups, 'groups');
      passed.push(...grouped.passed);
      expect(grouped.standings).toBe(single.standings);
      expect(grouped.rows).toBe(single.rows);
    }),
    { ...runs, endOnFailure: true },
  );
  return passed;
}
