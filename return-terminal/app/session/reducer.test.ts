import { describe, expect, it } from 'vitest';
import type { CopyId, RentalId } from '#shared/kernel/ids.ts';
import { money, points } from '#shared/kernel/money.ts';
import { epochMs, milliseconds } from '#shared/kernel/time.ts';
import { TROUBLES, troubleOf } from '../trouble.ts';
import type { ReturnIntent, ScreenName } from './contract.ts';
import { mayTimeOut, reduce } from './reducer.ts';
import {
  type LineState,
  type SessionEvent,
  type SessionState,
  startState,
  type TerminalFacts,
} from './state.ts';

const id = (at: number) => `01890000-0009-7000-8000-${String(at).padStart(12, '0')}`;
const NOW = epochMs(1_790_000_000_000);
const BOOTED = milliseconds(3_600_000);
const facts: TerminalFacts = { defaultLanguage: 'en', monotonic: BOOTED, closed: () => null };
const locked: TerminalFacts = { ...facts, closed: () => troubleOf({ code: 'terminal_locked' }) };

const aLine = (at: number, change: Partial<LineState> = {}): LineState => ({
  copyId: id(at) as CopyId,
  rentalId: id(at + 100) as RentalId,
  titleId: id(at + 200) as LineState['titleId'],
  title: `Film ${at}`,
  memberToken: 'mt_0123456789abcdefghijkl',
  kind: 'open',
  chosen: true,
  t0: NOW,
  price: {
    total: money(400, 'EUR'),
    startedAt: NOW,
    dueAt: null,
    lines: [],
    next: null,
    kept: false,
    quote: 'a.b.c',
    overAt: milliseconds(BOOTED + 60_000),
  },
  means: { prepaid: null, heldCard: null },
  pointsPerRental: 10,
  work: 'waiting',
  progress: 0,
  paid: [],
  due: null,
  receipt: null,
  stars: null,
  trouble: null,
  ...change,
});
const state = (screen: ScreenName, change: Partial<SessionState> = {}): SessionState => ({
  ...startState(1, 'en', true),
  screen,
  mediumKnown: true,
  lines: screen === 'welcome' ? [] : [aLine(1), aLine(2)],
  ...change,
});
const send = (from: SessionState, intent: ReturnIntent, at = facts) =>
  reduce(from, { type: 'intent', intent }, at);
const following = (from: SessionState, ...events: readonly SessionEvent[]) =>
  events.reduce((one, event) => reduce(one, event, facts).state, from);
const effects = (step: { readonly effects: readonly { readonly type: string }[] }) =>
  step.effects.map((effect) => effect.type);
const copy = id(1) as CopyId;

describe('the session, step by step', () => {
  it('SCR-2, RET-5: medium in, one tap, destroyed, receipt, medium out; no rating needed', () => {
    const read = reduce(state('welcome', { mediumInside: false }), { type: 'medium_inserted' }, facts);
    expect([read.state.screen, effects(read)]).toEqual(['reading', ['read_medium']]);
    const chosen = following(read.state, {
      type: 'medium_read',
      lines: [aLine(1)],
      offline: false,
      mediumKnown: true,
      secure: false,
    });
    expect(chosen.screen).toBe('choose');
    const paying = send(chosen, { type: 'confirm' });
    expect(paying.state.screen).toBe('pay');
    expect(paying.effects).toMatchObject([{ type: 'return', copyIds: [copy] }]);
    const over = following(
      paying.state,
      { type: 'destroying' },
      { type: 'line', copyId: copy, change: { work: 'destroyed', progress: 1 } },
      { type: 'return_over', receipt: ['x'], qr: null, advised: true },
    );
    expect(over.screen).toBe('receipt');
    const done = send(over, { type: 'finish' });
    expect([done.state.screen, done.state.lines]).toEqual(['take', []]);
    expect(following(done.state, { type: 'medium_removed' }).screen).toBe('welcome');
  });

  const TABLE: readonly (readonly [string, SessionState, SessionEvent, ScreenName, readonly string[]])[] = [
    [
      'taken while choosing',
      state('choose'),
      { type: 'medium_removed' },
      'welcome',
      ['give_up', 'session_ended'],
    ],
    [
      'taken while reading',
      state('reading'),
      { type: 'medium_removed' },
      'welcome',
      ['give_up', 'session_ended'],
    ],
    ['taken while paying', state('pay'), { type: 'medium_removed' }, 'pay', []],
    [
      'taken while asked about the card',
      state('pay', { declined: troubleOf({ code: 'card_declined' }) }),
      { type: 'medium_removed' },
      'pay',
      ['card_answer'],
    ],
    ['taken while destroying', state('returning'), { type: 'medium_removed' }, 'returning', []],
    ['taken at the receipt', state('receipt'), { type: 'medium_removed' }, 'receipt', []],
    [
      'read too late',
      state('welcome'),
      { type: 'medium_read', lines: [aLine(1)], offline: false, mediumKnown: true, secure: false },
      'welcome',
      ['give_up'],
    ],
    [
      'nothing on it',
      state('reading'),
      { type: 'medium_read', lines: [], offline: false, mediumKnown: false, secure: false },
      'nothing',
      [],
    ],
    [
      'only returned copies',
      state('reading'),
      {
        type: 'medium_read',
        lines: [aLine(1, { kind: 'already_returned' })],
        offline: false,
        mediumKnown: true,
        secure: false,
      },
      'nothing',
      [],
    ],
    [
      'foreign',
      state('reading'),
      { type: 'medium_failed', trouble: troubleOf({ code: 'medium_foreign' }) },
      'nothing',
      [],
    ],
    [
      'idle while choosing',
      state('choose'),
      { type: 'idle', secondsLeft: 0 },
      'welcome',
      ['give_up', 'session_ended'],
    ],
    [
      'idle at the receipt',
      state('receipt'),
      { type: 'idle', secondsLeft: 0 },
      'welcome',
      ['give_up', 'session_ended'],
    ],
    ['idle while destroying', state('returning'), { type: 'idle', secondsLeft: 0 }, 'returning', []],
    [
      'idle when asked about the card',
      state('pay', { declined: troubleOf({ code: 'card_declined' }) }),
      { type: 'idle', secondsLeft: 0 },
      'pay',
      ['card_answer'],
    ],
    [
      'another medium at the receipt',
      state('receipt'),
      { type: 'medium_inserted' },
      'reading',
      ['read_medium'],
    ],
  ];
  it.each(TABLE)('SCR-7: %s', (_name, from, event, screen, wanted) => {
    const step = reduce(from, event, facts);
    expect([step.state.screen, effects(step)]).toEqual([screen, wanted]);
  });

  it('SCR-7: a session that ended leaves nothing of the customer', () => {
    const purse = { sessionToken: 's', balance: points(5), pointsPerMinorUnit: 1 };
    const step = reduce(state('choose', { purse }), { type: 'idle', secondsLeft: 0 }, facts);
    expect(step.state).toEqual({ ...startState(2, 'en', true) });
    expect(effects(step)).toContain('sign_out');
  });

  it('CHG-7: a quote that is over is asked anew before anything is paid', () => {
    const old = state('choose', {
      lines: [
        aLine(1, {
          price: { ...(aLine(1).price as never as object), overAt: milliseconds(BOOTED - 1) } as never,
        }),
      ],
    });
    const step = send(old, { type: 'confirm' });
    expect([step.state.screen, effects(step)]).toEqual(['reading', ['give_up', 'read_medium']]);
    expect(step.state.trouble?.code).toBe('quote_over');
  });

  it('RET-3: what was begun is finished: it cannot be left on the medium; an open copy can', () => {
    const from = state('choose', { lines: [aLine(1, { kind: 'must_finish' }), aLine(2)] });
    const one = send(from, { type: 'choose', copyId: copy, chosen: false }).state;
    expect(one.lines[0]?.chosen).toBe(true);
    const two = send(one, { type: 'choose', copyId: id(2) as CopyId, chosen: false }).state;
    expect(send(two, { type: 'confirm' }).effects).toMatchObject([{ copyIds: [copy] }]);
  });

  it('SCR-2, RNT-7: a copy found again is destroyed like any other and cannot be left out', () => {
    const from = state('choose', { lines: [aLine(1, { kind: 'found' })] });
    const kept = send(from, { type: 'choose', copyId: copy, chosen: false }).state;
    expect(send(kept, { type: 'confirm' }).effects).toMatchObject([{ type: 'return', copyIds: [copy] }]);
  });

  it('SCR-2, LED-2: a declined card: what stays open is still known, until the next return', () => {
    const amount = money(600, 'EUR');
    const declined = following(
      state('pay'),
      { type: 'at_reader', amount },
      { type: 'at_reader', amount: null },
      { type: 'declined', trouble: troubleOf({ code: 'card_declined' }) },
    );
    expect(declined).toMatchObject({ atReader: null, asked: amount, declined: { code: 'card_declined' } });
    expect(send({ ...declined, screen: 'choose' }, { type: 'confirm' }).state.asked).toBeNull();
  });

  it('SCR-7: a locked terminal takes nothing in, and says so', () => {
    const step = reduce(state('welcome'), { type: 'medium_inserted' }, locked);
    expect([step.state.screen, step.state.trouble?.code, step.effects]).toEqual([
      'welcome',
      'terminal_locked',
      [],
    ]);
  });

  it('RET-5, RAT-1: rated once per change, only what is being returned; reserved and taken back', () => {
    expect(send(state('choose'), { type: 'rate', copyId: copy, stars: 4 }).effects).toEqual([]);
    const rated = send(state('returning'), { type: 'rate', copyId: copy, stars: 4 });
    expect(rated.effects).toMatchObject([{ type: 'rate', stars: 4 }]);
    expect(send(rated.state, { type: 'rate', copyId: copy, stars: 4 }).effects).toEqual([]);
    const titleId = aLine(9).titleId as never;
    const offering = state('returning', { reservable: [{ titleId, queueLength: 0, waitSeconds: null }] });
    expect(send(state('returning'), { type: 'reserve', titleId, wanted: true }).effects).toEqual([]);
    const wish = send(offering, { type: 'reserve', titleId, wanted: true });
    expect(wish.effects).toMatchObject([{ type: 'reserve', titleId }]);
    const reserved = following(wish.state, { type: 'reserved', titleId, reservationId: id(5) as never });
    expect(send(reserved, { type: 'reserve', titleId, wanted: true }).effects).toEqual([]);
    const back = send(reserved, { type: 'reserve', titleId, wanted: false });
    expect([back.state.reserved, effects(back)]).toEqual([[], ['cancel_reservation']]);
  });

  it('RET-5: points need the PIN; without the hub they are not offered', () => {
    expect(send(state('choose', { offline: true }), { type: 'use_points' }).state.screen).toBe('choose');
    const asked = send(state('choose'), { type: 'use_points' }).state;
    const busy = send(asked, { type: 'sign_in', pin: '2468' });
    expect(effects(busy)).toEqual(['sign_in']);
    expect(send(busy.state, { type: 'sign_in', pin: '2468' }).effects).toEqual([]);
    const wrong = following(busy.state, {
      type: 'sign_in_failed',
      trouble: troubleOf({ code: 'pin_wrong' }),
    });
    expect([wrong.screen, wrong.points.trouble?.code]).toEqual(['points', 'pin_wrong']);
    const purse = { sessionToken: 's', balance: points(5), pointsPerMinorUnit: 1 };
    expect(following(wrong, { type: 'signed_in', purse })).toMatchObject({ screen: 'choose', purse });
  });

  it('SCR-7: an intent that does not belong to the screen changes nothing', () => {
    const intents: readonly ReturnIntent[] = [
      { type: 'confirm' },
      { type: 'card_again' },
      { type: 'pay_later' },
      { type: 'print' },
      { type: 'finish' },
      { type: 'read_again' },
      { type: 'back' },
    ];
    for (const screen of ['reading', 'returning'] as const)
      for (const intent of intents) {
        const from = state(screen);
        expect(send(from, intent), `${screen} ${intent.type}`).toEqual({ state: from, effects: [] });
      }
  });

  it('SCR-7: every trouble code names itself', () => {
    for (const code of TROUBLES) expect(troubleOf({ code }).code).toBe(code);
    expect(mayTimeOut(state('pay'))).toBe(false);
  });
});
