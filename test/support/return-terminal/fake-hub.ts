import type { Advice } from '#return-terminal/app/returning/next-visit.ts';
import { computeCharge, nextStep } from '#shared/domain/charge.ts';
import { siteCalendarSchema } from '#shared/domain/site.ts';
import { parseTariff } from '#shared/domain/tariff.ts';
import type { HubClient } from '#shared/edge/hub-client.ts';
import { assert } from '#shared/kernel/assert.ts';
import { type Money, money, subtract } from '#shared/kernel/money.ts';
import { type Fault, fault, ok } from '#shared/kernel/result.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import { licenceSchema } from '#shared/media/licence.ts';
import { type FleetTrust, signJws, verifyJws } from '#shared/media/signing.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Signer } from '#shared/ports/signer.ts';
import type { MemberSession, QuotePayload } from '#shared/protocol/terminal-api.ts';

type Opened = Awaited<ReturnType<HubClient['openReturn']>>;

/** A hub of few lines that quotes with the true price function and its own signature; each answer open to change. */
export interface FakeHub extends HubClient {
  away: boolean;
  /** What the member has beside cards. */
  prepaid: number;
  points: number;
  pin: string;
  heldCard: { cardToken: string; maskedCard: string; amount: Money } | null;
  /** Rentals that are no longer open. */
  readonly outcomes: Map<string, 'already_returned' | 'kept' | 'held'>;
  /** Rentals that were reported lost. */
  readonly lost: Set<string>;
  /** A fixed sum off every quote: what the hub knows and the licence does not. */
  coupon: number;
  /** Changes a quote before it is signed, to plant a wrong one. */
  twist: (quote: QuotePayload) => QuotePayload;
  advice: Advice;
  readonly asked: string[];
  /** Keys under which balance or points are reserved. */
  readonly reserved: Map<string, number>;
}

export function fakeHub(clock: Clock, trust: FleetTrust, signer: Signer): FakeHub {
  const never = (name: string) => async (): Promise<never> => {
    assert(false, `a return terminal does not ask ${name}`);
  };
  const gone = (): { ok: false; error: Fault } => fault('hub_away', 'no answer');
  const answers = new Map<string, Opened>();
  const asking =
    <A, R>(name: string, answer: (request: A) => R | Promise<R>) =>
    async (request: A): Promise<R> => {
      hub.asked.push(name);
      return hub.away ? (gone() as R) : answer(request);
    };
  const quote = async (request: {
    returnId: string;
    rentalId: string;
    licence: string;
    t0: number;
  }): Promise<Opened> => {
    const read = await verifyJws(request.licence, trust, {
      type: 'keyturn-licence',
      schema: licenceSchema,
      roles: ['kiosk', 'hub'],
      validAt: 'signed-at',
      maxBytes: 24_576,
    });
    if (!read.ok) return fault('licence_invalid', read.error.message);
    const { keyturn, rights } = read.value.payload;
    const base = { nonce: 'bm9uY2U', chunkIndices: [0], memberToken: keyturn.memberToken };
    const outcome = hub.outcomes.get(request.rentalId);
    if (outcome !== undefined) return ok({ ...base, outcome, quote: null, plan: null });
    const tariff = parseTariff(keyturn.tariff);
    if (!tariff.ok) return tariff;
    const input = {
      terms: { tariff: tariff.value, site: siteCalendarSchema.parse(keyturn.site) },
      start: rights.start,
      stop: epochMs(Math.max(rights.start, request.t0)),
      ending: 'returned',
      discounts: [],
      coupons: hub.coupon === 0 ? [] : [{ couponId: 'c', label: 'c', amount: money(hub.coupon, 'EUR') }],
    } as const;
    const charge = computeCharge(input);
    const step = nextStep(input);
    assert(charge.ok && step.ok, 'the fake hub computes');
    const payload = hub.twist({
      returnId: request.returnId as QuotePayload['returnId'],
      rentalId: request.rentalId as QuotePayload['rentalId'],
      t0: request.t0 as EpochMs,
      total: charge.value.total,
      tax: charge.value.tax,
      startedAt: charge.value.start,
      dueAt: charge.value.dueAt,
      lines: charge.value.lines.map((line) => ({
        code: line.kind,
        amount: money(line.amountMinor, 'EUR'),
        units: line.units,
        from: line.from,
        until: line.to,
      })),
      nextStepAt: step.value?.lastMoment ?? null,
      nextStepTotal: step.value?.total ?? null,
      validUntil: epochMs(clock.now() + 1_800_000),
    });
    if (hub.lost.has(request.rentalId)) {
      const nothing = {
        ...payload,
        total: money(0, 'EUR'),
        lines: [],
        nextStepAt: null,
        nextStepTotal: null,
      };
      const quote = await signJws('keyturn-quote', nothing, signer, clock.now());
      return ok({ ...base, outcome: 'quoted', quote, plan: null, found: true });
    }
    const { total } = payload;
    const prepaid = money(Math.min(hub.prepaid, total.minor), 'EUR');
    const open = subtract(total, prepaid);
    const held = hub.heldCard === null ? 0 : Math.min(hub.heldCard.amount.minor, open.minor);
    return ok({
      ...base,
      outcome: 'quoted',
      quote: await signJws('keyturn-quote', payload, signer, clock.now()),
      plan: {
        prepaid,
        heldCard:
          hub.heldCard === null || held === 0 ? null : { ...hub.heldCard, amount: money(held, 'EUR') },
        rest: money(open.minor - held, 'EUR'),
      },
    });
  };
  const hub: FakeHub = {
    away: false,
    prepaid: 0,
    points: 0,
    pin: '2468',
    heldCard: null,
    outcomes: new Map(),
    lost: new Set(),
    coupon: 0,
    twist: (payload) => payload,
    advice: { recommendations: [], history: [], recipients: [], reservable: [] },
    asked: [],
    reserved: new Map(),
    openReturn: asking('openReturn', async (request) => {
      const known = answers.get(request.returnId);
      if (known !== undefined) return known;
      const answer = await quote(request);
      if (answer.ok) answers.set(request.returnId, answer);
      return answer;
    }),
    authorisePayment: asking('authorisePayment', (request) => {
      const { key, means, amount } = request;
      if (means === 'points' && request.sessionToken === null) return fault('points_need_pin', 'no PIN');
      const spent = [...hub.reserved].filter(([other]) => other !== key && other.endsWith(means));
      const left =
        (means === 'points' ? hub.points : hub.prepaid) - spent.reduce((sum, [, one]) => sum + one, 0);
      if (amount.minor > left) return fault(`${means}_not_enough`, 'less than that');
      hub.reserved.set(key, amount.minor);
      const points = means === 'points' ? amount.minor : null;
      return ok({ part: { key, means, amount, points, authorisationId: `auth:${key}`, maskedCard: null } });
    }),
    recommend: asking('recommend', () => ok(hub.advice)),
    signIn: asking('signIn', (request) =>
      request.pin === hub.pin
        ? ok({ sessionToken: 'session-1', points: hub.points } as unknown as MemberSession)
        : fault('pin_wrong', 'wrong', { triesLeft: 4 }),
    ),
    signOut: asking('signOut', () => ok(undefined)),
    register: never('register'),
    memberSession: never('memberSession'),
    topUp: never('topUp'),
    addPlayer: never('addPlayer'),
    pairPlayer: never('pairPlayer'),
    removePlayer: never('removePlayer'),
    identifyMedium: never('identifyMedium'),
    prepareRentals: never('prepareRentals'),
    cancelRentals: never('cancelRentals'),
    rentalStates: never('rentalStates'),
    voidPayment: never('voidPayment'),
    contentLease: never('contentLease'),
    bundle: never('bundle'),
    manifest: never('manifest'),
    content: never('content'),
    asset: never('asset'),
    renew: never('renew'),
    certifyController: never('certifyController'),
    readyToWipe: never('readyToWipe'),
    handInWipe: never('handInWipe'),
    health: never('health'),
  };
  return hub;
}
