import { createHash } from 'node:crypto';
import { type CatalogueFacts, catalogueFacts, catalogueTitleOf } from '#hub/app/catalogue/view.ts';
import type { HubDeps } from '#hub/app/deps.ts';
import { firstConfig } from '#hub/app/enrolment/enrolment.ts';
import { revocations } from '#hub/app/enrolment/revocation.ts';
import { revocationList } from '#hub/app/enrolment/revocation-list.ts';
import { revokedControllers } from '#hub/app/enrolment/secure-media.ts';
import { readKeys } from '#hub/app/keys/read-keys.ts';
import type { Recommender } from '#hub/app/recommendations/recommender.ts';
import type { SiteRow, TerminalRow } from '#hub/ports/rows/index.ts';
import type { SecretKeys } from '#hub/ports/secret-keys.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { ALLOTMENT_HOURS } from '#shared/domain/allotment.ts';
import type { RewardRules } from '#shared/domain/rewards.ts';
import { assert } from '#shared/kernel/assert.ts';
import { CURRENCIES, type Currency, money } from '#shared/kernel/money.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import type { Signer } from '#shared/ports/signer.ts';
import type { Bundle } from '#shared/protocol/terminal-api.ts';

/** Facts about the fleet that terminals are told. */
export interface FleetFacts {
  readonly fleetId: string;
  /** Where customers check receipts: the hub's public address. */
  readonly publicAddress: string;
  /** Whom recommendations and history on media are encrypted to: the public half of the newest reading key. */
  readRecipient(): Promise<string>;
  readonly rewards: RewardRules;
}

const HOUR_MS = 3_600_000;
/** What one kiosk may rent without the hub (SYN-1), in major units of the site's currency (yen: 100 times as much). */
const OFFLINE = { rentals: 20, perMember: 50, inAll: 500 } as const;

/**
 * All that a terminal needs to work without the hub. The version is the hash of the content, so that an unchanged bundle is not sent
 * again; kiosks get a fresh allotment each hour, whose units are held back from everybody else until it ends.
 */
export async function makeBundle(
  deps: HubDeps & {
    readonly recommender: Recommender;
    readonly fleet: FleetFacts;
    readonly signer: Signer;
    readonly secretKeys: SecretKeys;
  },
  terminal: TerminalRow,
): Promise<Bundle> {
  const { stores } = deps.db;
  const now = deps.clock.now();
  await deps.recommender.refresh();
  const site = await stores.sites.find({ siteId: terminal.siteId });
  assert(site !== null, 'a terminal belongs to a site');
  const facts = await catalogueFacts(stores, now);
  const titles = facts.titles
    .map((title) => catalogueTitleOf(facts, title))
    .filter((title) => title !== null);
  const offered = new Set(titles.filter((title) => !title.withdrawn).map((title) => title.titleId));
  const list = await revocationList(deps);
  const reading = await readKeys(deps);
  const content: Omit<Bundle, 'version' | 'madeAt'> = {
    fleetId: deps.fleet.fleetId,
    site: { siteId: site.siteId, name: site.name, calendar: site.calendar },
    config: terminal.configDesired ?? firstConfig(),
    titles,
    popular: deps.recommender.popular(200).filter((titleId) => offered.has(titleId)),
    neighbours: deps.recommender
      .neighbourTable(20)
      .filter(({ titleId }) => offered.has(titleId))
      .map(({ titleId, near }) => ({ titleId, near: near.filter((other) => offered.has(other)) })),
    fleetReadKey: reading.newest,
    ...(reading.former.length === 0 ? {} : { formerReadKeys: [...reading.former] }),
    rewards: {
      pointsPerMinorUnit: deps.fleet.rewards.pointsPerMinorUnit,
      forRating: deps.fleet.rewards.forRating,
      forReservation: deps.fleet.rewards.forReservation,
    },
    revoked: await revocations(stores),
    revokedControllers: await revokedControllers(stores),
    allotment: terminal.role === 'kiosk' ? await allot(deps, terminal, site, facts, now) : null,
    revokedPlayers: terminal.role === 'kiosk' ? await revokedPlayers(stores) : [],
    pinsChanged: terminal.role === 'kiosk' ? await pinsChanged(stores, now) : [],
    ...(list === null ? {} : { revocationList: list }),
    publicAddress: deps.fleet.publicAddress,
  };
  const version = createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 32);
  return { version, madeAt: now, ...content };
}

async function revokedPlayers(stores: Pick<Stores, 'playerKeys'>): Promise<string[]> {
  const newest = { orderBy: ['revokedAt'], descending: true, limit: 10_000 } as const;
  return (await stores.playerKeys.list({ revoked: true }, newest)).map(({ playerId }) => playerId);
}

/** What kiosks forget (MED-5): longer than they remember anything. */
const FORGET_MS = 31 * 24 * HOUR_MS;

const EVER = epochMs(253_402_300_799_000);
const NEWEST_BLOCK = { orderBy: ['blockedAt'], descending: true } as const;

/** Members whose PIN is new, or who may not sign in with it now: a kiosk checks none of them by what it remembers from before. */
async function pinsChanged(
  stores: Pick<Stores, 'members'>,
  now: EpochMs,
): Promise<NonNullable<Bundle['pinsChanged']>> {
  const page = { limit: 1_500 };
  const fresh = await stores.members.list({ pinChangedAt: { gt: epochMs(now - FORGET_MS) } }, page);
  const locked = await stores.members.list({ pinLockedAt: { gt: epochMs(now - FORGET_MS) } }, page);
  // Forgotten people (`fresh`) are not asked for by their state: there are more of them every year, and no room for anybody else would be left.
  const blocked = await stores.members.list({ state: 'blocked' }, { ...page, ...NEWEST_BLOCK });
  const since = new Map<string, EpochMs>();
  for (const { token, state, pinChangedAt, pinLockedAt } of [...fresh, ...locked, ...blocked])
    since.set(
      token,
      // To be forgotten whenever they were seen: a time that stays the same, so that the bundle does.
      state === 'active' ? epochMs(Math.max(pinChangedAt ?? 0, pinLockedAt ?? 0)) : EVER,
    );
  return [...since]
    .map(([memberToken, at]) => ({ memberToken, at }))
    .sort((a, b) => (a.memberToken < b.memberToken ? -1 : 1));
}

async function allot(
  deps: HubDeps,
  terminal: TerminalRow,
  site: SiteRow,
  facts: CatalogueFacts,
  now: EpochMs,
): Promise<Bundle['allotment']> {
  const issuedAt = epochMs(Math.floor(now / HOUR_MS) * HOUR_MS);
  const validUntil = epochMs(issuedAt + ALLOTMENT_HOURS * HOUR_MS);
  const { currency } = site.calendar;
  const perMember = minorOf(OFFLINE.perMember, currency);
  const inAll = minorOf(OFFLINE.inAll, currency);
  const units = await deps.db.transaction(async (stores) => {
    const escrow = await escrowOfOthers(stores, terminal, now);
    const granted = facts.titles
      .filter(({ withdrawn, unitsTotal }) => !withdrawn && unitsTotal !== null)
      .map((title) => {
        const taken = facts.figures.get(title.titleId)?.occupied ?? 0;
        const free = (title.unitsTotal ?? 0) - taken - (escrow.get(title.titleId) ?? 0);
        // One unit is held back per kiosk, and only where others can still rent the title.
        return { titleId: title.titleId, units: free >= 2 ? 1 : 0 };
      });
    await stores.allotments.put({
      terminalId: terminal.terminalId,
      issuedAt,
      validUntil,
      rentals: OFFLINE.rentals,
      perMemberMinor: perMember,
      totalMinor: inAll,
      units: granted.filter((one) => one.units > 0),
    });
    return granted;
  });
  return {
    validUntil,
    perMemberMoney: money(perMember, currency),
    totalMoney: money(inAll, currency),
    rentals: OFFLINE.rentals,
    units,
  };
}

/** Units that other kiosks hold for rentals without the hub: taken from the title until their allotments end (SYN-1). */
export async function escrowOfOthers(
  stores: Pick<Stores, 'allotments'>,
  terminal: Pick<TerminalRow, 'terminalId'> | null,
  now: EpochMs,
): Promise<ReadonlyMap<string, number>> {
  const held = new Map<string, number>();
  const valid = await stores.allotments.list(
    { validUntil: { gt: now }, ...(terminal === null ? {} : { terminalId: { not: terminal.terminalId } }) },
    { limit: 10_000 },
  );
  for (const { units } of valid)
    for (const one of units) held.set(one.titleId, (held.get(one.titleId) ?? 0) + one.units);
  return held;
}

const minorOf = (major: number, currency: Currency): number =>
  major * (currency === 'JPY' ? 100 : 10 ** CURRENCIES[currency]);
