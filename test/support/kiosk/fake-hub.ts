import type { HubClient } from '#shared/edge/hub-client.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { TitleId } from '#shared/kernel/ids.ts';
import { money } from '#shared/kernel/money.ts';
import { type Fault, fault, ok } from '#shared/kernel/result.ts';
import { epochMs } from '#shared/kernel/time.ts';
import type { Bundle, MemberSession, Recommendation } from '#shared/protocol/terminal-api.ts';
import { NOON } from './a-bundle.ts';

export const TOKEN = 'mt_0123456789abcdefghijkl';

export const aMember = (change: Partial<MemberSession> = {}): MemberSession => ({
  sessionToken: 'session-1',
  memberToken: TOKEN,
  greeting: 'Mio',
  language: 'en',
  ageYears: 30,
  currency: 'EUR',
  prepaid: money(1000, 'EUR'),
  points: 40,
  amountDue: money(0, 'EUR'),
  preferredMeans: ['prepaid'],
  playerKeys: [],
  rentals: [],
  reservations: [],
  history: [],
  recommendations: [],
  heldRental: false,
  ...change,
});

/** A hub of few lines: one member with number and PIN, permits for every title, each answer open to change. */
export interface FakeHub extends HubClient {
  away: boolean;
  member: MemberSession;
  number: string;
  pin: string;
  /** Media whose owner the hub knows. */
  readonly known: Map<string, string>;
  readonly recommended: Recommendation[];
  /** What `prepare` refuses, by title. */
  readonly refusals: Map<TitleId, string>;
  /** Every question that was asked, in order. */
  readonly asked: string[];
  readonly cancelled: string[];
  /** What the hub says became of rentals. */
  readonly states: Map<string, string>;
}

export function fakeHub(bundle: () => Bundle): FakeHub {
  let wrong = 0;
  const never = (name: string) => async (): Promise<never> => {
    assert(false, `a kiosk does not ask ${name}`);
  };
  const away = (): { ok: false; error: Fault } => fault('hub_away', 'no answer');
  const hub: FakeHub = {
    away: false,
    member: aMember(),
    number: '4711',
    pin: '2468',
    known: new Map(),
    recommended: [],
    refusals: new Map(),
    asked: [],
    cancelled: [],
    states: new Map(),
    signIn: async (request) => {
      hub.asked.push('signIn');
      if (hub.away) return away();
      const named = request.memberNumber === hub.number || hub.known.has(request.mediumId ?? '');
      if (!named) return fault('sign_in_refused', 'number or PIN is not right');
      if (wrong >= 5) return fault('pin_locked', 'locked');
      if (request.pin !== hub.pin) {
        wrong += 1;
        return wrong >= 5
          ? fault('pin_locked', 'locked')
          : fault('pin_wrong', 'wrong', { triesLeft: 5 - wrong });
      }
      wrong = 0;
      return ok(hub.member);
    },
    register: async () => (hub.away ? away() : ok({ memberNumber: '90210', session: hub.member })),
    memberSession: async () => (hub.away ? away() : ok(hub.member)),
    signOut: async () => {
      hub.asked.push('signOut');
      return hub.away ? away() : ok(undefined);
    },
    topUp: async (request) => {
      hub.asked.push(`topUp ${request.purpose}`);
      if (hub.away) return away();
      hub.member =
        request.purpose === 'amount_due'
          ? { ...hub.member, amountDue: money(0, 'EUR') }
          : { ...hub.member, prepaid: money(hub.member.prepaid.minor + request.amount.minor, 'EUR') };
      return ok(undefined);
    },
    addPlayer: async (request) => {
      hub.asked.push('addPlayer');
      if (hub.away) return away();
      const { playerId, recipient, name } = JSON.parse(
        Buffer.from(request.playerKey.split('.')[1] ?? '', 'base64url').toString('utf8'),
      );
      const playerKeys = [...hub.member.playerKeys, { playerId, recipient, name, addedAt: NOON }];
      const revokedPlayers = hub.member.revokedPlayers?.filter((one) => one !== playerId);
      hub.member = { ...hub.member, playerKeys, ...(revokedPlayers === undefined ? {} : { revokedPlayers }) };
      return ok(hub.member);
    },
    pairPlayer: async () => (hub.away ? away() : fault('pairing_code_unknown', 'no player shows this code')),
    removePlayer: async (request) => {
      hub.asked.push('removePlayer');
      if (hub.away) return away();
      hub.member = {
        ...hub.member,
        playerKeys: hub.member.playerKeys.filter(({ playerId }) => playerId !== request.playerId),
        revokedPlayers: [...(hub.member.revokedPlayers ?? []), request.playerId],
      };
      return ok(hub.member);
    },
    identifyMedium: async (request) =>
      hub.away
        ? away()
        : ok({ memberToken: hub.known.get(request.mediumId) ?? null, recommendations: hub.recommended }),
    prepareRentals: async (request) => {
      hub.asked.push('prepare');
      if (hub.away) return away();
      return ok({
        items: request.items.map((item) => {
          const title = bundle().titles.find((one) => one.titleId === item.titleId);
          assert(title !== undefined, 'the kiosk asks for titles of the bundle');
          const refused = hub.refusals.get(title.titleId);
          if (refused !== undefined)
            return {
              permitted: false as const,
              rentalId: item.rentalId as never,
              code: refused,
              message: '',
            };
          return {
            permitted: true as const,
            permit: {
              rentalId: item.rentalId as never,
              copyId: item.copyId as never,
              titleId: title.titleId,
              editionId: title.edition.editionId,
              tariff: title.tariff,
              hold: money(title.tariff.hold.amount, title.tariff.currency),
              chunkIndices: [0, 2],
              expiresAt: epochMs(NOON + 3_600_000),
            },
          };
        }),
      });
    },
    cancelRentals: async (request) => {
      if (hub.away) return away();
      hub.cancelled.push(...request.rentalIds);
      return ok(undefined);
    },
    rentalStates: async ({ rentalIds }) => {
      hub.asked.push('rentalStates');
      if (hub.away) return away();
      const known = rentalIds.map((rentalId) => ({ rentalId, status: hub.states.get(rentalId) }));
      return ok({
        rentals: known.flatMap(({ status, ...one }) =>
          status === undefined ? [] : [{ ...one, status }],
        ) as never,
      });
    },
    openReturn: never('openReturn'),
    authorisePayment: never('authorisePayment'),
    voidPayment: never('voidPayment'),
    recommend: never('recommend'),
    contentLease: async () => away(),
    bundle: async () => (hub.away ? away() : ok(null)),
    manifest: never('manifest'),
    content: never('content'),
    asset: async () => fault('asset_unknown', 'no picture'),
    renew: never('renew'),
    certifyController: never('certifyController'),
    readyToWipe: never('readyToWipe'),
    handInWipe: never('handInWipe'),
    health: async () => (hub.away ? away() : ok(undefined)),
  };
  return hub;
}
