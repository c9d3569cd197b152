import { describe, expect, it } from 'vitest';
import type { MediumId } from '#shared/kernel/ids.ts';
import { money } from '#shared/kernel/money.ts';
import { NOON, titleIdAt } from '#test/support/kiosk/a-bundle.ts';
import { aMember } from '#test/support/kiosk/fake-hub.ts';
import { type Trouble, troubleOf } from '../trouble.ts';
import type { KioskIntent } from './contract.ts';
import { mayTimeOut, reduce } from './reducer.ts';
import {
  type KioskFacts,
  type MediumFacts,
  type SessionEvent,
  type SessionState,
  type SignedIn,
  startState,
} from './state.ts';

const FILM = titleIdAt(1);
const MEDIUM = '01890000-0005-7000-8000-000000000001' as MediumId;
const OTHER = '01890000-0005-7000-8000-000000000002' as MediumId;

const facts = (change: Partial<KioskFacts> = {}): KioskFacts => ({
  now: NOON,
  defaultLanguage: 'en',
  closed: () => null,
  titleObstacle: () => null,
  mediumObstacle: () => null,
  rentObstacle: () => null,
  ...change,
});
const medium = (mediumId: MediumId | null = MEDIUM): MediumFacts => ({
  mediumId,
  accessKey: mediumId === null ? null : 'access-key-0123456789',
  mediumClass: 'plain',
  controllerId: null,
  controllerRevoked: false,
  fileSystem: 'exfat',
  freeBytes: 1_000_000,
  totalBytes: 2_000_000,
  largestFileBytes: 2_000_000,
  players: [],
  titles: [],
  unsettled: 0,
  recommendations: [],
  settled: [],
});
const signedIn = (byMedium: MediumId | null = null): SignedIn => ({
  session: aMember(),
  offline: false,
  pin: null,
  byMedium,
});
const at = (screen: SessionState['screen'], change: Partial<SessionState> = {}): SessionState => ({
  ...startState(1, 'en'),
  screen,
  ...change,
});
const ready = { kind: 'ready', facts: medium(), owner: 'known' } as const;
const intent = (it: KioskIntent): SessionEvent => ({ type: 'intent', intent: it });

interface Row {
  readonly name: string;
  readonly from: SessionState;
  readonly event: SessionEvent;
  readonly facts?: Partial<KioskFacts>;
  readonly screen: SessionState['screen'];
  readonly effects?: readonly string[];
  readonly expect?: Partial<SessionState>;
}
const locked: Trouble = troubleOf({ code: 'kiosk_locked' });
const foreign: Trouble = troubleOf({ code: 'medium_foreign' });

const ROWS: readonly Row[] = [
  {
    name: 'a touch begins a session',
    from: at('attract'),
    event: intent({ type: 'touch' }),
    screen: 'browse',
  },
  {
    name: 'a locked kiosk stays at the attract screen',
    from: at('attract'),
    event: intent({ type: 'touch' }),
    facts: { closed: () => locked },
    screen: 'attract',
  },
  {
    name: 'a medium at the attract screen begins a session with its shelf',
    from: at('attract', { medium: { kind: 'checking' } }),
    event: { type: 'medium_read', facts: medium(), owner: 'known', more: [] },
    screen: 'browse',
    expect: { notice: { code: 'welcome_back', name: null } },
  },
  {
    name: 'a title goes into the cart',
    from: at('title', { titleId: FILM }),
    event: intent({ type: 'add_to_cart', titleId: FILM }),
    screen: 'cart',
    expect: { cart: [FILM] },
  },
  {
    name: 'the same title is not in the cart twice',
    from: at('title', { cart: [FILM] }),
    event: intent({ type: 'add_to_cart', titleId: FILM }),
    screen: 'cart',
    expect: { cart: [FILM] },
  },
  {
    name: 'a withdrawn title stays out of the cart and says why',
    from: at('title'),
    event: intent({ type: 'add_to_cart', titleId: FILM }),
    facts: { titleObstacle: () => troubleOf({ code: 'title_withdrawn' }) },
    screen: 'title',
    expect: { cart: [], trouble: troubleOf({ code: 'title_withdrawn' }) },
  },
  {
    name: 'a cart holds eight titles',
    from: at('title', { cart: [2, 3, 4, 5, 6, 7, 8, 9].map(titleIdAt) }),
    event: intent({ type: 'add_to_cart', titleId: FILM }),
    screen: 'title',
    expect: { trouble: troubleOf({ code: 'cart_full' }) },
  },
  {
    name: 'renting asks for a medium first',
    from: at('cart', { cart: [FILM] }),
    event: intent({ type: 'checkout' }),
    screen: 'insert',
  },
  {
    name: 'a known medium asks for the PIN',
    from: at('cart', { cart: [FILM], medium: ready }),
    event: intent({ type: 'checkout' }),
    screen: 'identify',
    expect: { identify: { by: 'medium', busy: false, trouble: null } },
  },
  {
    name: 'an unknown medium asks who it is',
    from: at('insert', { cart: [FILM], medium: { kind: 'checking' } }),
    event: { type: 'medium_read', facts: medium(null), owner: 'unknown', more: [] },
    screen: 'identify',
    expect: { identify: { by: 'choose', busy: false, trouble: null } },
  },
  {
    name: 'a PIN is sent with the medium it belongs to',
    from: at('identify', {
      cart: [FILM],
      medium: ready,
      identify: { by: 'medium', busy: false, trouble: null },
    }),
    event: intent({ type: 'sign_in', memberNumber: null, pin: '2468' }),
    screen: 'identify',
    effects: ['sign_in'],
  },
  {
    name: 'a second tap while the PIN is checked does nothing',
    from: at('identify', { medium: ready, identify: { by: 'medium', busy: true, trouble: null } }),
    event: intent({ type: 'sign_in', memberNumber: null, pin: '2468' }),
    screen: 'identify',
    effects: [],
  },
  {
    name: 'signed in on the way to renting: confirm',
    from: at('identify', {
      cart: [FILM],
      medium: ready,
      identify: { by: 'medium', busy: true, trouble: null },
    }),
    event: { type: 'signed_in', member: signedIn(MEDIUM), newNumber: null },
    screen: 'confirm',
  },
  {
    name: 'a sign-in that comes after the customer went back is ended at the hub',
    from: at('cart', { cart: [FILM], medium: ready }),
    event: { type: 'signed_in', member: signedIn(MEDIUM), newNumber: null },
    screen: 'cart',
    effects: ['sign_out'],
    expect: { member: null },
  },
  {
    name: 'the medium is pulled before confirming: insert it again',
    from: at('confirm', { cart: [FILM], medium: ready, member: signedIn(MEDIUM) }),
    event: { type: 'medium_removed' },
    screen: 'insert',
    expect: { trouble: troubleOf({ code: 'medium_missing' }) },
  },
  {
    name: 'MED-3: the medium is back: that it was missing is no longer said',
    from: at('insert', { cart: [FILM], trouble: troubleOf({ code: 'medium_missing' }) }),
    event: { type: 'medium_inserted' },
    screen: 'insert',
    effects: ['read_medium'],
    expect: { trouble: null },
  },
  {
    name: 'MED-3: a medium that cannot be used wakes the kiosk and says why in the middle of the screen',
    from: at('attract', { medium: { kind: 'checking' } }),
    event: { type: 'medium_failed', trouble: foreign },
    screen: 'browse',
    expect: { trouble: foreign, medium: { kind: 'trouble', trouble: foreign } },
  },
  {
    name: 'MED-3: the screen that asks for a medium says itself what is wrong with it',
    from: at('insert', { cart: [FILM], medium: { kind: 'checking' } }),
    event: { type: 'medium_failed', trouble: foreign },
    screen: 'insert',
    expect: { trouble: null, medium: { kind: 'trouble', trouble: foreign } },
  },
  {
    name: 'MED-3: it is taken out: what was said about it goes with it',
    from: at('browse', { trouble: foreign, medium: { kind: 'trouble', trouble: foreign } }),
    event: { type: 'medium_removed' },
    screen: 'browse',
    expect: { trouble: null, medium: { kind: 'absent' } },
  },
  {
    name: 'MED-3: a medium without room for the cart is told before anybody says who he is',
    from: at('insert', { cart: [FILM], medium: { kind: 'checking' } }),
    event: { type: 'medium_read', facts: medium(null), owner: 'unknown', more: [] },
    facts: { mediumObstacle: () => troubleOf({ code: 'medium_full' }) },
    screen: 'insert',
  },
  {
    name: 'SEC-6: the medium is taken out while the own page is shown: signed out, nothing of the member is left',
    from: at('mine', { cart: [FILM], medium: ready, member: signedIn(MEDIUM) }),
    event: { type: 'medium_removed' },
    screen: 'browse',
    effects: ['sign_out'],
    expect: { member: null, forYou: [], cart: [FILM] },
  },
  {
    name: 'SEC-6: the medium is taken out while a signed-in member browses: signed out where they are',
    from: at('cart', { cart: [FILM], medium: ready, member: signedIn(MEDIUM) }),
    event: { type: 'medium_removed' },
    screen: 'cart',
    effects: ['sign_out'],
    expect: { member: null },
  },
  {
    name: 'a medium that did not identify is taken out: whoever signed in by number stays',
    from: at('mine', { medium: ready, member: signedIn() }),
    event: { type: 'medium_removed' },
    screen: 'mine',
    effects: [],
  },
  {
    name: 'another medium is put in instead: signed out, identify anew',
    from: at('insert', { cart: [FILM], medium: { kind: 'checking' }, member: signedIn(MEDIUM) }),
    event: { type: 'medium_read', facts: medium(OTHER), owner: 'known', more: [] },
    screen: 'identify',
    effects: ['sign_out'],
    expect: { member: null, trouble: troubleOf({ code: 'medium_swapped' }) },
  },
  {
    name: 'the same medium back again: confirm',
    from: at('insert', { cart: [FILM], medium: { kind: 'checking' }, member: signedIn(MEDIUM) }),
    event: { type: 'medium_read', facts: medium(), owner: 'known', more: [] },
    screen: 'confirm',
    effects: [],
  },
  {
    name: 'an amount due keeps the confirm screen and is told',
    from: at('confirm', { cart: [FILM], medium: ready, member: signedIn() }),
    event: intent({ type: 'confirm' }),
    facts: { rentObstacle: () => troubleOf({ code: 'amount_due_open' }) },
    screen: 'confirm',
    effects: [],
    expect: { trouble: troubleOf({ code: 'amount_due_open' }) },
  },
  {
    name: 'confirming begins to write every title of the cart',
    from: at('confirm', { cart: [FILM, titleIdAt(2)], medium: ready, member: signedIn() }),
    event: intent({ type: 'confirm' }),
    screen: 'writing',
    effects: ['rent'],
  },
  {
    name: 'nobody leaves while writing',
    from: at('writing'),
    event: intent({ type: 'finish' }),
    screen: 'writing',
  },
  {
    name: 'nobody goes back while writing',
    from: at('writing'),
    event: intent({ type: 'back' }),
    screen: 'writing',
  },
  {
    name: 'no time-out while writing',
    from: at('writing'),
    event: { type: 'idle', secondsLeft: 0 },
    screen: 'writing',
  },
  {
    name: 'the idle warning counts',
    from: at('browse'),
    event: { type: 'idle', secondsLeft: 9 },
    screen: 'browse',
    expect: { idleSeconds: 9 },
  },
  {
    name: 'a touch ends the idle warning',
    from: at('browse', { idleSeconds: 9 }),
    event: intent({ type: 'touch' }),
    screen: 'browse',
    expect: { idleSeconds: null },
  },
  {
    name: 'time is up: nothing of the member stays',
    from: at('mine', { member: signedIn(), cart: [FILM], forYou: [], newNumber: '90210' }),
    event: { type: 'idle', secondsLeft: 0 },
    screen: 'attract',
    effects: ['sign_out', 'session_ended'],
    expect: { member: null, cart: [], newNumber: null, session: 2 },
  },
  {
    name: 'what was not written stays in the cart',
    from: at('writing', {
      cart: [FILM, titleIdAt(2)],
      writes: [line(FILM, 'written'), line(titleIdAt(2), 'failed')],
    }),
    event: { type: 'rent_over', receipt: ['x'], qr: null },
    screen: 'done',
    expect: { cart: [titleIdAt(2)] },
  },
  {
    name: 'my things without a member asks for the number',
    from: at('browse'),
    event: intent({ type: 'open_mine' }),
    screen: 'identify',
    expect: { identify: { by: 'number', busy: false, trouble: null }, goal: 'mine' },
  },
  {
    name: 'an amount due can be paid at the card reader',
    from: at('confirm', { member: { ...signedIn(), session: aMember({ amountDue: money(350, 'EUR') }) } }),
    event: intent({ type: 'pay_due' }),
    screen: 'confirm',
    effects: ['top_up'],
    expect: { cardBusy: true },
  },
  {
    name: 'nothing due: nothing is charged',
    from: at('confirm', { member: signedIn() }),
    event: intent({ type: 'pay_due' }),
    screen: 'confirm',
    effects: [],
  },
  {
    name: 'without the hub nothing is topped up',
    from: at('mine', { member: { ...signedIn(), offline: true } }),
    event: intent({ type: 'top_up', amountMinor: 1000 }),
    screen: 'mine',
    effects: [],
    expect: { trouble: troubleOf({ code: 'hub_away' }) },
  },
  {
    name: 'a title can be opened from the attract screen',
    from: at('attract'),
    event: intent({ type: 'open_title', titleId: FILM }),
    screen: 'title',
    expect: { titleId: FILM },
  },
];

function line(titleId: typeof FILM, state: 'written' | 'failed') {
  return {
    titleId,
    state,
    phase: null,
    bytesDone: 0,
    bytesTotal: 0,
    bytesPerSecond: 0,
    secondsLeft: null,
    dueAt: null,
    firstPrice: null,
    trouble: null,
  } as const;
}

describe('the kiosk session', () => {
  it.each(ROWS)('SCR-1: $name', (row) => {
    const step = reduce(row.from, row.event, facts(row.facts));
    expect(step.state.screen).toBe(row.screen);
    if (row.effects !== undefined) expect(step.effects.map((effect) => effect.type)).toEqual(row.effects);
    if (row.expect !== undefined) expect(step.state).toMatchObject(row.expect);
  });

  it('SCR-7: only quiet screens of a session time out', () => {
    expect(mayTimeOut(at('browse'))).toBe(true);
    expect(mayTimeOut(at('attract'))).toBe(false);
    expect(mayTimeOut(at('writing'))).toBe(false);
    expect(mayTimeOut(at('confirm', { cardBusy: true }))).toBe(false);
    expect(mayTimeOut(at('identify', { identify: { by: 'medium', busy: true, trouble: null } }))).toBe(false);
  });
});
