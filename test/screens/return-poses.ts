import type {
  PaidPart,
  ReservableTitle,
  ReturnLine,
  ReturnSnapshot,
  ReturnView,
} from '#return-terminal/app/session/contract.ts';
import { troubleOf } from '#return-terminal/app/trouble.ts';
import type { CopyId } from '#shared/kernel/ids.ts';
import { money } from '#shared/kernel/money.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { cardAt, DAY, NOW } from './demo-titles.ts';
import type { Pose } from './kiosk-poses.ts';

const line = (at: number, change: Partial<ReturnLine> = {}): ReturnLine => ({
  copyId: `01890000-0005-7000-8000-${String(at).padStart(12, '0')}` as CopyId,
  titleId: cardAt(at).titleId,
  name: cardAt(at).name,
  poster: cardAt(at).poster,
  kind: 'open',
  chosen: true,
  choosable: true,
  startedAt: epochMs(NOW - 3 * DAY),
  dueAt: epochMs(NOW - DAY),
  t0: epochMs(NOW),
  total: money(550, 'EUR'),
  provisional: false,
  bill: [
    { code: 'first', amount: money(400, 'EUR'), units: null },
    { code: 'further', amount: money(150, 'EUR'), units: 1 },
  ],
  next: { at: epochMs(NOW + 4 * 3_600_000), total: money(700, 'EUR'), saved: money(150, 'EUR') },
  keepReached: false,
  work: 'waiting',
  progress: 0,
  paid: [],
  due: null,
  receipt: null,
  stars: null,
  trouble: null,
  ...change,
});
const paid: readonly PaidPart[] = [
  { means: 'prepaid', amount: money(250, 'EUR'), points: null, maskedCard: null },
  { means: 'card_reader', amount: money(300, 'EUR'), points: null, maskedCard: '•••• 4242' },
];
const returned = (at: number, change: Partial<ReturnLine> = {}): ReturnLine =>
  line(at, {
    work: 'destroyed',
    progress: 1,
    paid,
    receipt: {
      returnId: '01890000-0006-7000-8000-000000000001',
      counter: 318,
      claim: 'CLEAR-SLOT',
      readBack: 'power-cycle',
      destroyedAt: epochMs(NOW + 20_000),
      fingerprint: '9f2c1d7be04a6653',
    },
    ...change,
  });
const reservable: readonly ReservableTitle[] = [4, 11, 9, 13].map((at, index) => ({
  titleId: cardAt(at).titleId,
  name: cardAt(at).name,
  poster: cardAt(at).poster,
  queueLength: index,
  waitSeconds: index * 86_400,
  releaseAt: at === 4 ? epochMs(NOW + 30 * DAY) : null,
  wanted: index === 1,
}));
const rewards = { forRating: 5, forReservation: 10 };
const receipt: Extract<ReturnView, { screen: 'receipt' }> = {
  screen: 'receipt',
  lines: [returned(1, { stars: 4 }), returned(7)],
  reservable,
  rewards,
  pointsEarned: 15,
  receipt: ['Canal Street', 'RETURN  Fri 5 Jun, 17:24'],
  qr: 'https://hub.example/check/9f2c1d7be04a6653',
  printed: 'no',
  advised: true,
  mediumInside: true,
};
const plan = {
  total: money(1100, 'EUR'),
  parts: [
    { means: 'prepaid' as const, amount: money(500, 'EUR') },
    { means: 'card_reader' as const, amount: money(600, 'EUR') },
  ],
  pointsOffered: true,
  points: 140,
};

type Change = Partial<Omit<ReturnSnapshot, 'view' | 'language'>>;
const pose = (name: string, view: ReturnView, change: Change = {}, main = false): Pose<ReturnSnapshot> => ({
  name,
  main,
  snapshot: (language) => ({
    language,
    siteName: language === 'ja' ? '運河通り店' : 'Canal Street',
    zone: 'Europe/Berlin',
    online: true,
    trouble: null,
    idle: null,
    view,
    ...change,
  }),
});

export const RETURN_POSES: readonly Pose<ReturnSnapshot>[] = [
  pose('welcome', { screen: 'welcome', closed: null, mediumLeft: false }, {}, true),
  pose('welcome-left', { screen: 'welcome', closed: null, mediumLeft: true }),
  pose(
    'closed',
    { screen: 'welcome', closed: troubleOf({ code: 'terminal_locked' }), mediumLeft: false },
    { online: false },
  ),
  pose('reading', { screen: 'reading' }, {}, true),
  pose('nothing', { screen: 'nothing', lines: [], trouble: null }, {}, true),
  pose('nothing-returned', {
    screen: 'nothing',
    lines: [line(1, { kind: 'already_returned', trouble: troubleOf({ code: 'copy_already_returned' }) })],
    trouble: null,
  }),
  pose('nothing-kept', {
    screen: 'nothing',
    lines: [line(7, { kind: 'kept', total: null, trouble: troubleOf({ code: 'copy_kept' }) })],
    trouble: null,
  }),
  pose('nothing-held', {
    screen: 'nothing',
    lines: [line(4, { kind: 'held', total: null, trouble: troubleOf({ code: 'copy_held' }) })],
    trouble: null,
  }),
  pose('nothing-damaged', {
    screen: 'nothing',
    lines: [line(3, { kind: 'damaged', total: null, trouble: troubleOf({ code: 'copy_damaged' }) })],
    trouble: null,
  }),
  pose('nothing-several', {
    screen: 'nothing',
    lines: [
      line(1, {
        kind: 'already_returned',
        total: null,
        trouble: troubleOf({ code: 'copy_already_returned' }),
      }),
      line(7, { kind: 'kept', total: null, trouble: troubleOf({ code: 'copy_kept' }) }),
      line(4, { kind: 'held', total: null, trouble: troubleOf({ code: 'copy_held' }) }),
    ],
    trouble: null,
  }),
  pose('nothing-unreadable', {
    screen: 'nothing',
    lines: [],
    trouble: troubleOf({ code: 'medium_io_error' }),
  }),
  pose('nothing-foreign', {
    screen: 'nothing',
    lines: [],
    trouble: troubleOf({ code: 'medium_foreign' }),
  }),
  pose(
    'choose-one',
    {
      screen: 'choose',
      lines: [line(1)],
      plan: { ...plan, total: money(550, 'EUR'), parts: plan.parts.slice(0, 1), pointsOffered: false },
    },
    {},
    true,
  ),
  pose(
    'choose-several',
    {
      screen: 'choose',
      lines: [
        line(1),
        line(7, { keepReached: false, next: null, bill: [] }),
        line(0, { kind: 'must_finish', choosable: false, total: money(0, 'EUR'), next: null, bill: [] }),
        line(3, {
          kind: 'damaged',
          chosen: false,
          choosable: false,
          trouble: troubleOf({ code: 'copy_damaged' }),
        }),
      ],
      plan,
    },
    { online: false },
    true,
  ),
  pose('choose-torn', {
    screen: 'choose',
    lines: [
      line(1, { kind: 'must_finish', choosable: false, t0: epochMs(NOW - 7_200_000), next: null, bill: [] }),
    ],
    plan: {
      ...plan,
      total: money(550, 'EUR'),
      parts: plan.parts.slice(1),
      pointsOffered: false,
      points: null,
    },
  }),
  pose('choose-found', {
    screen: 'choose',
    lines: [line(0, { kind: 'found', choosable: false, total: money(0, 'EUR'), next: null, bill: [] })],
    plan: { total: null, parts: [], pointsOffered: false, points: null },
  }),
  pose('choose-closed', {
    screen: 'choose',
    lines: [line(7, { kind: 'closed', choosable: false, total: money(0, 'EUR'), next: null, bill: [] })],
    plan: { total: null, parts: [], pointsOffered: false, points: null },
  }),
  pose(
    'choose-offline',
    {
      screen: 'choose',
      lines: [line(1, { provisional: true })],
      plan: { total: money(550, 'EUR'), parts: plan.parts.slice(1), pointsOffered: false, points: null },
    },
    { online: false },
  ),
  pose('points', { screen: 'points', busy: false, trouble: null }, {}, true),
  pose('points-wrong', {
    screen: 'points',
    busy: false,
    trouble: troubleOf({ code: 'pin_wrong', details: { triesLeft: 2 } }),
  }),
  pose(
    'pay',
    {
      screen: 'pay',
      lines: [line(1)],
      atReader: money(600, 'EUR'),
      asked: money(600, 'EUR'),
      declined: null,
    },
    {},
    true,
  ),
  pose('pay-asking', {
    screen: 'pay',
    lines: [line(1, { work: 'paying' })],
    atReader: null,
    asked: null,
    declined: null,
  }),
  pose('pay-declined', {
    screen: 'pay',
    lines: [line(1)],
    atReader: null,
    asked: money(600, 'EUR'),
    declined: troubleOf({ code: 'card_declined' }),
  }),
  pose(
    'returning',
    {
      screen: 'returning',
      lines: [returned(1), line(7, { work: 'overwriting', progress: 0.62 })],
      current: 1,
      secure: false,
      reservable,
      rewards,
    },
    {},
    true,
  ),
  pose('returning-secure', {
    screen: 'returning',
    lines: [line(7, { work: 'reading_back', progress: 0.8 })],
    current: 0,
    secure: true,
    reservable,
    rewards,
  }),
  pose('receipt', receipt, {}, true),
  pose('receipt-one', {
    ...receipt,
    lines: [returned(1)],
    pointsEarned: 0,
    reservable: [],
    advised: false,
  }),
  pose('receipt-due', {
    ...receipt,
    lines: [returned(1, { paid: [], due: money(550, 'EUR') })],
    reservable: reservable.slice(0, 2),
  }),
  pose('receipt-part', {
    ...receipt,
    lines: [
      returned(1, { due: money(300, 'EUR'), paid: paid.slice(0, 1) }),
      line(7, { work: 'torn', trouble: troubleOf({ code: 'return_torn' }) }),
    ],
    pointsEarned: 0,
    reservable: [],
    mediumInside: false,
    printed: 'yes',
  }),
  pose('take', { screen: 'take' }, {}, true),
  pose('idle', { screen: 'choose', lines: [line(1)], plan }, { idle: { secondsLeft: 9, seconds: 20 } }),
  pose('trouble', { screen: 'take' }, { trouble: troubleOf({ code: 'printer_away' }) }),
];
