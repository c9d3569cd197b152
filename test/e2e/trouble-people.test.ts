import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { STORY_TARIFF } from '#firmware-sim/story/shop.ts';
import { tariffView, titleView } from '#hub/http/contract/catalogue.ts';
import { memberSummary } from '#hub/http/contract/members.ts';
import type { TitleId } from '#shared/kernel/ids.ts';
import { happens, type LiveFleet, PIN, startLiveFleet } from '#test/support/live-fleet.ts';
import { type Onlookers, onlookers } from './onlookers.ts';
import { kioskSays, terminalSays } from './trouble-words.ts';

let fleet: LiveFleet;
let eyes: Onlookers;
let title: TitleId;
let second: TitleId;
let withHold: TitleId;
beforeAll(async () => {
  fleet = await startLiveFleet({ uis: ['kiosk', 'return-terminal'] });
  eyes = await onlookers(fleet);
  title = await fleet.title('Lighthouse');
  second = await fleet.title('Night ferry');
  const hold = { amount: 1000, expiresAfter: { unit: 'days', count: 7 } };
  const { tariffId } = await fleet.staff.post('/tariffs', { tariff: { ...STORY_TARIFF, hold } }, tariffView);
  withHold = await fleet.title('Snow line', { tariffId });
});
afterEach(() => fleet.tidy());
afterAll(async () => {
  await eyes?.stop();
  await fleet?.stop();
});

const readerAt = (place: 'kiosk' | 'return-terminal') => {
  const { card } = fleet.own.stations[place];
  const before = card.inspect().length;
  return { card, since: () => card.inspect().slice(before) };
};

describe('members', () => {
  it('SEC-6: an unknown number is told so, and nothing of who is a member', async () => {
    const seen = await fleet.toConfirm(fleet.stick(), { memberId: '', number: '99999999' }, [title]);
    expect(seen).toMatchObject({ screen: 'identify', trouble: { code: 'sign_in_refused' } });
    await eyes.kiosk('sign_in_refused');
    kioskSays('sign_in_paused');
  });

  it('MED-5: five wrong PINs lock, also against the right one; staff give a new one', async () => {
    const member = await fleet.member(1000);
    const stick = fleet.stick();
    await fleet.rent(stick, member, [title]);
    let seen = await fleet.toConfirm(stick, member, [second], '0000');
    for (const left of [4, 3, 2, 1]) {
      expect(seen).toMatchObject({ screen: 'identify', trouble: { code: 'pin_wrong', triesLeft: left } });
      if (left === 4) await eyes.kiosk('pin_wrong');
      await fleet.kiosk.send({ type: 'dismiss_trouble' });
      seen = await fleet.signIn(await fleet.sees('identify'), member, '0000');
    }
    await fleet.kiosk.send({ type: 'dismiss_trouble' });
    seen = await fleet.signIn(await fleet.sees('identify'), member, PIN);
    expect(seen).toMatchObject({ screen: 'identify', trouble: { code: 'pin_locked' } });
    await eyes.kiosk('pin_locked');
    terminalSays('pin_locked');
    expect((await fleet.about(member)).pinLocked).toBe(true);
    // By number nobody learns whether it is locked: the answer is that to a number of nobody.
    await fleet.kiosk.send({ type: 'choose_number' });
    await fleet.kiosk.send({ type: 'sign_in', memberNumber: member.number, pin: PIN });
    seen = await fleet.kiosk.until('the refusal', 20, ({ view }) =>
      view.screen === 'identify' && view.by === 'number' && view.trouble !== null && !view.busy ? view : null,
    );
    expect(seen).toMatchObject({ trouble: { code: 'sign_in_refused' } });
    await fleet.staff.post(`/members/${member.memberId}/pin`, { pin: '1234' }, memberSummary);
    await fleet.kiosk.send({ type: 'sign_in', memberNumber: member.number, pin: '1234' });
    expect((await fleet.sees('confirm')).screen).toBe('confirm');
    expect(await fleet.rentals(member)).toHaveLength(1);
  });

  it('LED-2: an amount due: the return is not refused, a new rental is, until it is paid at the kiosk', async () => {
    const member = await fleet.member(0);
    const stick = fleet.stick();
    await fleet.rent(stick, member, [title]);
    const reader = readerAt('return-terminal');
    reader.card.behave('decline');
    const [line] = await fleet.returnAll(stick);
    expect(line).toMatchObject({ work: 'destroyed', paid: [], due: { minor: 400 } });
    terminalSays('card_declined');
    expect(await fleet.onlyRental(member)).toMatchObject({ status: 'closed' });
    expect((await fleet.about(member)).amountDue.minor).toBe(400);
    expect(reader.since()).toEqual([]);
    const refused = await fleet.toConfirm(stick, member, [second]);
    expect(refused).toMatchObject({ screen: 'confirm', obstacle: { code: 'amount_due_open' } });
    await eyes.kiosk('amount_due_open');
    await fleet.kiosk.send({ type: 'confirm' });
    expect((await fleet.kiosk.snapshot()).view.screen).toBe('confirm');
    await fleet.kiosk.send({ type: 'pay_due' });
    await fleet.kiosk.until('the obstacle to go', 20, ({ view }) =>
      view.screen === 'confirm' && view.obstacle === null && !view.cardBusy ? true : null,
    );
    const done = await fleet.write();
    expect(done.lines[0]?.state).toBe('written');
    expect((await fleet.about(member)).amountDue.minor).toBe(0);
    expect(await fleet.balanced()).toBe(true);
  });
});

describe('the card', () => {
  it.each([
    ['declined', 'decline', 'card_declined'],
    ['not presented in time', 'time-out', 'card_timeout'],
    ['pulled too early', 'pulled', 'card_pulled'],
  ] as const)('PAY-1: a hold %s: nothing is written and nothing charged', async (_what, behaviour, code) => {
    const member = await fleet.member(0);
    const stick = fleet.stick();
    const reader = readerAt('kiosk');
    reader.card.behave(behaviour);
    await fleet.toConfirm(stick, member, [withHold]);
    const done = await fleet.write();
    expect(done.lines[0]).toMatchObject({ state: 'failed', trouble: { code } });
    await eyes.kiosk(code);
    expect(await fleet.opens(stick)).toEqual([]);
    expect(await fleet.rentals(member)).toMatchObject([{ status: 'void', charge: { minor: 0 } }]);
    expect(reader.since()).toEqual([]);
  });

  it('PAY-1: a hold whose answer was lost is asked about again: held once, never twice', async () => {
    const member = await fleet.member(0);
    const reader = readerAt('kiosk');
    reader.card.behave('unknown-then-approve');
    const stick = fleet.stick();
    const done = await fleet.rent(stick, member, [withHold]);
    expect(done.lines[0]?.state).toBe('written');
    expect(reader.since()).toHaveLength(1);
    expect(reader.since()[0]).toMatchObject({ state: 'authorised', captured: 0 });
    kioskSays('card_unknown_outcome');
  });

  it.each([
    ['declined', 'decline', 'card_declined'],
    ['too late', 'time-out', 'card_timeout'],
  ] as const)(
    'PAY-1, LED-2: at the return %s: said so, another try pays it once',
    async (_what, behaviour, code) => {
      const member = await fleet.member(0);
      const stick = fleet.stick();
      await fleet.rent(stick, member, [title]);
      const reader = readerAt('return-terminal');
      reader.card.behave(behaviour);
      await fleet.handIn(stick);
      await fleet.terminal.send({ type: 'confirm' });
      const declined = await fleet.terminal.until('the refusal', 20, ({ view }) =>
        view.screen === 'pay' ? view.declined : null,
      );
      expect(declined.code).toBe(code);
      await eyes.terminal(code);
      reader.card.behave('approve');
      await fleet.terminal.send({ type: 'card_again' });
      const { lines } = await fleet.terminal.until('the receipt', 20, ({ view }) =>
        view.screen === 'receipt' ? view : null,
      );
      expect(lines[0]).toMatchObject({
        work: 'destroyed',
        paid: [{ means: 'card_reader', amount: { minor: 400 } }],
      });
      await fleet.goHome();
      expect(await fleet.onlyRental(member)).toMatchObject({ status: 'closed', charge: { minor: 400 } });
      expect(reader.since()).toMatchObject([{ state: 'captured', captured: 400 }]);
      expect((await fleet.about(member)).amountDue.minor).toBe(0);
      expect(await fleet.balanced()).toBe(true);
    },
  );

  it('PAY-1: an answer that was lost at the return is asked again with the same key: charged once', async () => {
    const member = await fleet.member(0);
    const stick = fleet.stick();
    await fleet.rent(stick, member, [title]);
    const reader = readerAt('return-terminal');
    reader.card.behave('unknown-then-approve');
    const [line] = await fleet.returnAll(stick);
    expect(line).toMatchObject({ work: 'destroyed', paid: [{ means: 'card_reader' }] });
    expect(reader.since()).toMatchObject([{ state: 'captured', captured: 400 }]);
    expect(await fleet.onlyRental(member)).toMatchObject({ status: 'closed', charge: { minor: 400 } });
    expect(await fleet.balanced()).toBe(true);
  });
});

describe('titles', () => {
  it('CAT-4: withdrawn after the kiosk last heard: refused by the hub at writing, nothing charged; then said on the screen', async () => {
    const member = await fleet.member(1000);
    const gone = await fleet.title('Gone tomorrow');
    const stick = fleet.stick();
    await fleet.toConfirm(stick, member, [gone]);
    await fleet.staff.post(`/titles/${gone}/withdraw`, { withdrawn: true }, titleView);
    await fleet.kiosk.send({ type: 'confirm' });
    const said = await fleet.kiosk.until('the refusal', 20, ({ view }) =>
      view.screen === 'done' ? view.lines[0]?.trouble : view.screen === 'confirm' ? view.obstacle : null,
    );
    expect(said?.code).toBe('title_withdrawn');
    await eyes.kiosk('title_withdrawn');
    await fleet.leave();
    expect(await fleet.opens(stick)).toEqual([]);
    expect((await fleet.rentals(member)).filter((rental) => rental.status !== 'void')).toEqual([]);
    await fleet.news();
    await fleet.kiosk.send({ type: 'touch' });
    await fleet.kiosk.send({ type: 'open_title', titleId: gone });
    const view = await fleet.sees('title');
    expect(view.title).toMatchObject({ availability: 'withdrawn', obstacle: { code: 'title_withdrawn' } });
  });

  it('CNT-1, SYN-1: not on this kiosk and the hub away: said so, not in the cart', async () => {
    const absent = await fleet.title('Far away', { away: true });
    fleet.cables.kiosk.setCut(true);
    await happens('the kiosk to notice', () => {
      void fleet.own.kiosk.runtime.refreshBundle();
      return !fleet.own.kiosk.runtime.online();
    });
    await fleet.kiosk.send({ type: 'touch' });
    await fleet.kiosk.send({ type: 'open_title', titleId: absent });
    const view = await fleet.sees('title');
    expect(view.title).toMatchObject({ availability: 'away', obstacle: { code: 'hub_away' } });
    await eyes.kiosk('hub_away');
    kioskSays('title_not_here');
    await fleet.kiosk.send({ type: 'add_to_cart', titleId: absent });
    const snapshot = await fleet.kiosk.snapshot();
    expect(snapshot.trouble?.code).toBe('hub_away');
    expect(snapshot.cartCount).toBe(0);
  });

  it('CHG-4: no title without a tariff, no tariff without a rate: refused with a code, never a price of 0', async () => {
    const found = await fleet.staff.get(`/titles/${title}`, titleView);
    const { titleId, withdrawn, edition, subtitles, poster, thumbnail, unitsFree, rating, ...rest } = found;
    const { rentals30d, queue, updatedAt, ...body } = rest;
    const wanted = { ...body, tariffId: '01890000-0000-7000-8000-00000000dead' };
    await expect(fleet.staff.post('/titles', wanted, titleView)).rejects.toThrow(/tariff_(missing|unknown)/);
    const { firstPrice, ...free } = STORY_TARIFF;
    await expect(fleet.staff.post('/tariffs', { tariff: free }, tariffView)).rejects.toThrow(
      /tariff_invalid|tariff_missing/,
    );
    kioskSays('tariff_missing');
    terminalSays('tariff_missing');
  });
});

describe('renting while the hub is away', () => {
  it('SYN-1, RNT-1: within the allotment: known member, written offline, told to the hub when it is back', async () => {
    const member = await fleet.member(3000);
    const stick = fleet.stick();
    await fleet.rent(stick, member, [title]);
    await fleet.returnAll(stick);
    await fleet.settled();
    await fleet.news();
    fleet.cables.kiosk.setCut(true);
    await happens('the kiosk to notice', () => {
      void fleet.own.kiosk.runtime.refreshBundle();
      return !fleet.own.kiosk.runtime.online();
    });
    const confirm = await fleet.toConfirm(stick, member, [second]);
    expect(confirm).toMatchObject({ screen: 'confirm', obstacle: null });
    const done = await fleet.write();
    expect(done.lines[0]?.state).toBe('written');
    await fleet.leave();
    expect((await fleet.opens(stick)).filter(Boolean)).toHaveLength(1);
    // One open offline rental per member.
    const more = await fleet.toConfirm(stick, member, [withHold]);
    if (more.screen === 'confirm' && more.obstacle === null) {
      const refused = await fleet.write();
      expect(refused.lines[0]).toMatchObject({ state: 'failed', trouble: { code: 'offline_rental_open' } });
    } else expect(more).toMatchObject({ obstacle: { code: 'offline_rental_open' } });
    await eyes.kiosk('offline_rental_open');
    await fleet.leave();
    fleet.cables.kiosk.setCut(false);
    await fleet.online();
    await fleet.settled();
    const active = (await fleet.rentals(member)).filter((rental) => rental.status === 'active');
    expect(active).toHaveLength(1);
    expect(active[0]).toMatchObject({ offline: true, titleId: second });
    const [line] = await fleet.returnAll(stick);
    expect(line).toMatchObject({ work: 'destroyed', total: { minor: 400 } });
    expect(await fleet.balanced()).toBe(true);
  });

  it('MED-5: a member whom this kiosk does not know cannot sign in without the hub', async () => {
    const member = await fleet.member(1000);
    fleet.cables.kiosk.setCut(true);
    await happens('the kiosk to notice', () => {
      void fleet.own.kiosk.runtime.refreshBundle();
      return !fleet.own.kiosk.runtime.online();
    });
    const seen = await fleet.toConfirm(fleet.stick(), member, [title]);
    expect(seen).toMatchObject({ screen: 'identify', trouble: { code: 'offline_member_unknown' } });
    await eyes.kiosk('offline_member_unknown');
  });
});
