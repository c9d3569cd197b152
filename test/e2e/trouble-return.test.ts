import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { folderMedium } from '#firmware-sim/media/medium-backing.ts';
import type { Station } from '#firmware-sim/story/own-fleet.ts';
import { ScreenAgent } from '#firmware-sim/story/screen-agent.ts';
import { closureAnswer } from '#hub/http/contract/catalogue.ts';
import type { ReturnIntent, ReturnSnapshot } from '#return-terminal/app/session/contract.ts';
import type { TerminalId, TitleId } from '#shared/kernel/ids.ts';
import {
  happens,
  type LiveFleet,
  startLiveFleet,
  type TestMember,
  watchedMedium,
} from '#test/support/live-fleet.ts';
import { type Onlookers, onlookers } from './onlookers.ts';
import { terminalSays } from './trouble-words.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let fleet: LiveFleet;
let eyes: Onlookers;
let title: TitleId;
let second: TitleId;
let other: { readonly screen: ScreenAgent<ReturnSnapshot, ReturnIntent>; readonly station: Station };
beforeAll(async () => {
  fleet = await startLiveFleet({ uis: ['kiosk', 'return-terminal'] });
  eyes = await onlookers(fleet);
  title = await fleet.title('Lighthouse', { bytes: 400_000 });
  second = await fleet.title('Night ferry');
  const added = await fleet.own.addReturnTerminal('other-return' as TerminalId);
  other = { screen: new ScreenAgent('other terminal', added.terminal.address()), station: added.station };
});
afterEach(() => fleet.tidy());
afterAll(async () => {
  await eyes?.stop();
  await fleet?.stop();
});

async function rented(prepaid: number, titles: readonly TitleId[] = [title]) {
  const member = await fleet.member(prepaid);
  const stick = fleet.stick();
  const done = await fleet.rent(stick, member, titles);
  expect(done.lines.map((line) => line.state)).toEqual(titles.map(() => 'written'));
  return { member, stick };
}

/** The stick as a medium that is pulled when a file of a copy is first written: before it, or right after it. */
function pulledAt(stick: string, file: '/state' | '/slot.age', when: 'before' | 'after') {
  let pulled = false;
  return watchedMedium(stick, fleet.own.mediumFolder(stick), (path, moment) => {
    if (pulled || !path.endsWith(file) || moment !== when) return undefined;
    pulled = true;
    fleet.own.pull('return-terminal');
    return 'gone';
  });
}

const readers = () => [fleet.own.stations['return-terminal'].card, other.station.card];
const capturedBy = (card: Station['card']): number =>
  card.inspect().reduce((sum, one) => sum + one.captured, 0);

const copyFile = async (stick: string, name: string): Promise<string> => {
  const copies = join(fleet.own.mediumFolder(stick), 'KEYTURN', 'copies');
  const [copy = ''] = await readdir(copies);
  return join(copies, copy, name);
};

describe('a medium pulled while its key is destroyed', () => {
  /** Nothing was destroyed and nothing paid; days later it costs what it costs then, once. */
  async function meterRanOn(member: TestMember, stick: string) {
    expect(await fleet.opens(stick)).toEqual([true]);
    expect((await fleet.onlyRental(member)).receipts).toEqual([]);
    expect(await fleet.account(`member_prepaid:${member.memberId}`)).toBe(-1000);
    await fleet.pass(6 * DAY);
    await fleet.online();
    await fleet.payIn(member.memberId, 'prepaid', 5000);
    const seen = await fleet.handIn(stick);
    expect(seen.lines[0]).toMatchObject({ kind: 'open' });
    expect(seen.lines[0]?.t0).toBeGreaterThan(fleet.own.clock.now() - HOUR);
    const total = seen.lines[0]?.total?.minor ?? 0;
    expect(total).toBeGreaterThan(400);
    await fleet.giveBack();
    await fleet.goHome();
    const rental = await fleet.onlyRental(member);
    expect(rental).toMatchObject({ status: 'closed', charge: { minor: total } });
    expect(rental.receipts).toHaveLength(1);
    expect((await fleet.about(member)).prepaid.minor).toBe(6000 - total);
    expect(await fleet.balanced()).toBe(true);
  }

  it('CHG-1, PAY-1: before anything was written it was never returned: nothing is paid, the meter runs on', async () => {
    const { member, stick } = await rented(1000);
    await fleet.handIn(pulledAt(stick, '/state', 'before'));
    const receipt = await fleet.giveBack();
    expect(receipt.lines[0]).toMatchObject({ work: 'abandoned', paid: [], receipt: null });
    expect(receipt.lines[0]?.trouble?.code).toBe('medium_pulled');
    await eyes.terminal('medium_pulled');
    terminalSays('return_abandoned');
    await fleet.goHome();
    expect(await fleet.onlyRental(member)).toMatchObject({ status: 'active' });
    expect((await fleet.about(member)).prepaid.minor).toBe(1000);
    await meterRanOn(member, stick);
  });

  it('CHG-1: between RETURNING and the overwriting nobody knows yet; seen again with its key whole, it was never returned', async () => {
    const { member, stick } = await rented(1000);
    await fleet.handIn(pulledAt(stick, '/slot.age', 'before'));
    const receipt = await fleet.giveBack();
    expect(receipt.lines[0]).toMatchObject({ work: 'torn', paid: [], receipt: null });
    await fleet.goHome();
    await meterRanOn(member, stick);
  });

  /** Torn: the place of the key was written once, then the medium went. */
  async function torn() {
    const { member, stick } = await rented(1000);
    const taken = (): number => readers().reduce((sum, card) => sum + capturedBy(card), 0);
    const before = taken();
    const seen = await fleet.handIn(pulledAt(stick, '/slot.age', 'after'));
    const t0 = seen.lines[0]?.t0;
    const receipt = await fleet.giveBack();
    expect(receipt.lines[0]).toMatchObject({ work: 'torn', paid: [], trouble: { code: 'return_torn' } });
    await eyes.terminal('return_torn');
    await fleet.goHome();
    expect(await fleet.opens(stick)).toEqual([false]);
    expect(await fleet.onlyRental(member)).toMatchObject({ status: 'returning', receipts: [] });
    // The balance stays reserved for it, nothing is taken.
    expect(await fleet.account(`member_prepaid:${member.memberId}`)).toBe(-1000);
    // Days later it would cost more, did T0 not stand.
    await fleet.pass(6 * DAY);
    await fleet.online();
    return { member, stick, t0, captured: () => taken() - before };
  }

  async function finishedOnce(member: TestMember, t0: number | null | undefined, captured: number) {
    await happens(
      'the return to be settled',
      async () => (await fleet.onlyRental(member)).status === 'closed',
    );
    const rental = await fleet.onlyRental(member);
    expect(rental.receipts).toHaveLength(1);
    expect(rental.charge.minor).toBe(400);
    // The hub's clock and the terminal's are the same within what a busy machine lets an answer wait; days lie between this and a later moment.
    const counted = rental.returns.find((one) => one.state === 'destroyed')?.t0 ?? 0;
    expect(Math.abs(counted - (t0 ?? 0))).toBeLessThan(10_000);
    // What was reserved of the balance was free again after a day: the card paid, once.
    expect((await fleet.about(member)).prepaid.minor).toBe(1000);
    expect(captured).toBe(400);
    expect(await fleet.balanced()).toBe(true);
  }

  it('RET-3, CHG-1: torn, the same terminal finishes it: the first T0 counts, one receipt, one charge', async () => {
    const { member, stick, t0, captured } = await torn();
    const seen = await fleet.handIn(stick);
    expect(seen.lines[0]).toMatchObject({ kind: 'must_finish', total: { minor: 400 } });
    const receipt = await fleet.giveBack();
    expect(receipt.lines[0]?.work).toBe('destroyed');
    await fleet.goHome();
    await finishedOnce(member, t0, captured());
  });

  it('RET-3, SYN-2: torn, another terminal finishes it: the first T0 counts, one receipt, one charge', async () => {
    const { member, stick, t0, captured } = await torn();
    await other.station.drive.insert(folderMedium(stick, fleet.own.mediumFolder(stick)));
    const seen = await fleet.read(other.screen);
    expect(seen.lines[0]).toMatchObject({ kind: 'must_finish', total: { minor: 400 } });
    const receipt = await fleet.giveBack(other.screen);
    expect(receipt.lines[0]?.work).toBe('destroyed');
    await other.screen.send({ type: 'finish' });
    other.station.drive.pull();
    await finishedOnce(member, t0, captured());
    // The first terminal, should it see the medium again, has nothing to do and nothing to ask.
    const again = await fleet.handIn(stick);
    expect(again).toMatchObject({ screen: 'nothing', lines: [{ kind: 'already_returned' }] });
  });

  it('PAY-1: of two copies, pulled during the second: the first is captured, the second stays rented', async () => {
    const { member, stick } = await rented(0, [title, second]);
    const { card } = fleet.own.stations['return-terminal'];
    const before = card.inspect().length;
    const copies = await readdir(join(fleet.own.mediumFolder(stick), 'KEYTURN', 'copies'));
    let first = '';
    const medium = watchedMedium(stick, fleet.own.mediumFolder(stick), (path, moment) => {
      if (!path.endsWith('/state') || moment !== 'before') return undefined;
      first ||= path;
      if (path === first) return undefined;
      fleet.own.pull('return-terminal');
      return 'gone';
    });
    expect(copies).toHaveLength(2);
    await fleet.handIn(medium);
    const receipt = await fleet.giveBack();
    expect(receipt.lines.map((line) => line.work).sort()).toEqual(['abandoned', 'destroyed']);
    await fleet.goHome();
    const rentals = await fleet.rentals(member);
    expect(rentals.map((rental) => rental.status).sort()).toEqual(['active', 'closed']);
    const states = () =>
      card
        .inspect()
        .slice(before)
        .map(({ state }) => state)
        .sort();
    // What is owed back is given back while nobody waits for it.
    await vi.waitUntil(() => !states().includes('authorised'), { timeout: 20_000 });
    expect(states()).toEqual(['captured', 'voided']);
    expect((await fleet.opens(stick)).filter(Boolean)).toHaveLength(1);
    expect(await fleet.balanced()).toBe(true);
  });
});

describe('a copy that is not what it was', () => {
  it('MED-2, CHG-4: a damaged licence: the copy cannot be returned here, nothing is charged, the key stays whole', async () => {
    const { member, stick } = await rented(1000);
    const file = await copyFile(stick, 'licence.jws');
    const text = await readFile(file, 'latin1');
    await writeFile(
      file,
      `${text.slice(0, 400)}${text[400] === 'A' ? 'B' : 'A'}${text.slice(401)}`,
      'latin1',
    );
    const seen = await fleet.handIn(stick);
    expect(seen).toMatchObject({
      screen: 'nothing',
      lines: [{ kind: 'damaged', trouble: { code: 'copy_damaged' } }],
    });
    await eyes.terminal('copy_damaged');
    await fleet.goHome();
    expect(await fleet.onlyRental(member)).toMatchObject({ status: 'active', receipts: [] });
    await fleet.own.insert(stick, 'player');
    const shelf = await (await fetch(`${fleet.own.playerUrl}/api/shelf`)).json();
    expect(shelf).toMatchObject({ copies: [{ refusal: 'copy_damaged' }] });
    fleet.own.pull('player');
    await writeFile(file, text, 'latin1');
    const [line] = await fleet.returnAll(stick);
    expect(line?.work).toBe('destroyed');
  });

  it('MED-2, RET-1: damaged content: the player stops there, the return goes its way and is paid', async () => {
    const { member, stick } = await rented(1000);
    const file = await copyFile(stick, 'content.age');
    const bytes = await readFile(file);
    bytes.fill(0x55, 200_000, 200_100);
    await writeFile(file, bytes);
    await fleet.own.insert(stick, 'player');
    const { copies } = (await (await fetch(`${fleet.own.playerUrl}/api/shelf`)).json()) as {
      copies: { copyId: string }[];
    };
    const opened = await fetch(`${fleet.own.playerUrl}/api/copies/${copies[0]?.copyId}/open`, {
      method: 'POST',
    });
    const { address } = (await opened.json()) as { address: string };
    const range = async (from: number, to: number): Promise<number> => {
      const answer = await fetch(`${fleet.own.playerUrl}${address}`, {
        headers: { Range: `bytes=${from}-${to}` },
      });
      return (await answer.arrayBuffer().catch(() => new ArrayBuffer(0))).byteLength;
    };
    expect(await range(0, 999)).toBe(1000);
    expect(await range(200_000, 200_999)).toBe(0);
    const shelf = await (await fetch(`${fleet.own.playerUrl}/api/shelf`)).json();
    expect(shelf).toMatchObject({ trouble: { code: 'content_damaged' } });
    fleet.own.pull('player');
    const [line] = await fleet.returnAll(stick);
    expect(line).toMatchObject({ work: 'destroyed', total: { minor: 400 } });
    expect(await fleet.onlyRental(member)).toMatchObject({ status: 'closed' });
  });

  it('RET-2: returned already: said so, nothing charged, noted at the hub; a clone is destroyed for nothing', async () => {
    const { member, stick } = await rented(1000);
    const clone = `${stick}-clone`;
    await mkdir(fleet.own.mediumFolder(clone), { recursive: true });
    await cp(fleet.own.mediumFolder(stick), fleet.own.mediumFolder(clone), { recursive: true });
    await fleet.returnAll(stick);
    const seen = await fleet.handIn(stick);
    expect(seen).toMatchObject({ screen: 'nothing', lines: [{ kind: 'already_returned', total: null }] });
    await eyes.terminal('copy_already_returned');
    await fleet.goHome();
    expect(await fleet.opens(clone)).toEqual([true]);
    const cloned = await fleet.handIn(clone);
    expect(cloned.lines[0]).toMatchObject({ kind: 'closed', total: { minor: 0 } });
    await fleet.giveBack();
    await fleet.goHome();
    expect(await fleet.opens(clone)).toEqual([false]);
    const rental = await fleet.onlyRental(member);
    expect(rental).toMatchObject({ status: 'closed', charge: { minor: 400 } });
    expect(rental.timeline.map((entry) => entry.kind)).toContain('return_repeated');
    expect((await fleet.about(member)).prepaid.minor).toBe(600);
    expect(await fleet.balanced()).toBe(true);
  });

  it('RET-1: a medium with nothing rented on it has nothing to return', async () => {
    const stick = fleet.stick();
    await mkdir(fleet.own.mediumFolder(stick), { recursive: true });
    expect(await fleet.handIn(stick)).toMatchObject({ screen: 'nothing', lines: [], trouble: null });
  });
});

describe('a return while the hub is away', () => {
  const away = async (): Promise<void> => {
    fleet.cables['return-terminal'].setCut(true);
    await fleet.terminal
      .until('the terminal to notice', 30, ({ online }) => (online ? null : true))
      .catch(() => {});
  };
  const back = async (): Promise<void> => {
    fleet.cables['return-terminal'].setCut(false);
    await fleet.online();
    await fleet.settled();
  };

  it('RET-1, CHG-7, SYN-1: a provisional charge by card; when the hub is back the rental is closed with the same figure', async () => {
    const { member, stick } = await rented(0);
    const { card } = fleet.own.stations['return-terminal'];
    const before = card.inspect().length;
    fleet.cables['return-terminal'].setCut(true);
    const seen = await fleet.handIn(stick);
    expect(seen.lines[0]).toMatchObject({ kind: 'open', provisional: true, total: { minor: 400 } });
    await eyes.terminalShows('provisional');
    const receipt = await fleet.giveBack();
    expect(receipt.lines[0]).toMatchObject({ work: 'destroyed', paid: [{ means: 'card_reader' }] });
    await fleet.goHome();
    expect(await fleet.opens(stick)).toEqual([false]);
    await back();
    const rental = await fleet.onlyRental(member);
    expect(rental).toMatchObject({ status: 'closed', charge: { minor: 400 } });
    expect(card.inspect().slice(before)).toMatchObject([{ state: 'captured', captured: 400 }]);
    expect((await fleet.about(member)).amountDue.minor).toBe(0);
    expect(await fleet.balanced()).toBe(true);
  });

  it('CHG-4, CHG-7: the hub’s lower figure is paid back: a closure that the terminal had not heard of', async () => {
    const { member, stick } = await rented(0);
    await away();
    await fleet.pass(4 * DAY);
    const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
    const now = fleet.own.clock.now();
    const closure = { from: day(now - 3 * DAY), to: day(now + DAY) };
    const answer = await fleet.staff.post(`/sites/${fleet.siteId}/closures`, closure, closureAnswer);
    expect(answer.site.calendar.closures).toHaveLength(1);
    const seen = await fleet.handIn(stick);
    const provisional = seen.lines[0]?.total?.minor ?? 0;
    expect(provisional).toBeGreaterThan(400);
    await fleet.giveBack();
    await fleet.goHome();
    await back();
    const rental = await fleet.onlyRental(member);
    expect(rental).toMatchObject({ status: 'closed', charge: { minor: 400 } });
    expect(rental.entries.map((entry) => entry.reason).join(' ')).toMatch(/refund/);
    expect((await fleet.about(member)).amountDue.minor).toBe(0);
    expect(await fleet.balanced()).toBe(true);
    expect(await fleet.account('goodwill:')).toBe(0);
    await rm(fleet.own.mediumFolder(stick), { recursive: true, force: true });
  });
});
