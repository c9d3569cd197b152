import { identityToRecipient } from 'age-encryption';
import type { z } from 'zod';
import type { MediumId, TitleId } from '#shared/kernel/ids.ts';
import { leaveForNextVisit, type Recommendations } from '#shared/media/recommendations.ts';
import { leaveRevocations } from '#shared/media/revocation-list.ts';
import { leaveRevokedPlayers } from '#shared/media/revoked-players.ts';
import type {
  Bundle,
  CatalogueTitle,
  Recommendation,
  recommendAnswer,
} from '#shared/protocol/terminal-api.ts';
import { mediaOf, type ReturnDeps } from '../deps.ts';

export type Advice = z.infer<typeof recommendAnswer>;

/** What can be reserved while the key is destroyed. */
export interface Reservable {
  readonly titleId: TitleId;
  readonly queueLength: number | null;
  readonly waitSeconds: number | null;
}

const LIMIT = 20;
const OFFERED = 8;

export interface Returned {
  readonly titleId: TitleId;
  readonly stars: number | null;
}

/** Recommendations and history from the hub; null while it is away: then `adviceOf` makes them from the last neighbour table. */
export async function askAdvice(deps: ReturnDeps, memberToken: string): Promise<Advice | null> {
  const answer = await deps.runtime.hub.recommend({ memberToken, limit: LIMIT });
  if (answer.ok) return answer.value;
  deps.runtime.log.info({ code: answer.error.code }, 'recommends from its own table');
  return null;
}

/**
 * RET-6 offline: titles nearest to those just returned, the best liked first, then what others take; never what was just returned, is
 * withdrawn, not allowed here, or rated for older people than what the member is known to have rented.
 */
export function ownRecommendations(bundle: Bundle, returned: readonly Returned[]): readonly Recommendation[] {
  const titles = new Map(bundle.titles.map((title) => [title.titleId, title]));
  const near = new Map(bundle.neighbours.map((one) => [one.titleId, one.near]));
  const age = Math.max(0, ...returned.map((one) => titles.get(one.titleId)?.ageRating ?? 0));
  const taken = new Set<TitleId>(returned.map((one) => one.titleId));
  const found: Recommendation[] = [];
  const take = (titleId: TitleId, reason: Recommendation['reason']): void => {
    const title = titles.get(titleId);
    if (title === undefined || taken.has(titleId) || !mayBeRented(bundle, title, age)) return;
    taken.add(titleId);
    found.push({ titleId, reason });
  };
  const liked = [...returned]
    .filter((one) => one.stars === null || one.stars >= 3)
    .sort((a, b) => (b.stars ?? 3) - (a.stars ?? 3));
  for (const one of liked) {
    const code = one.stars !== null && one.stars >= 4 ? 'because_you_liked' : 'because_you_rented';
    for (const titleId of near.get(one.titleId) ?? [])
      take(titleId, { code, titleId: one.titleId, genre: null });
  }
  for (const titleId of bundle.popular) take(titleId, { code: 'popular_here', titleId: null, genre: null });
  return found.slice(0, LIMIT);
}

function mayBeRented(bundle: Bundle, title: CatalogueTitle, age: number): boolean {
  const { territory } = bundle.site.calendar;
  return (
    !title.withdrawn &&
    title.ageRating <= age &&
    (title.territories.length === 0 || title.territories.includes(territory))
  );
}

/** RSV-1: titles that have a queue: all units out, or not yet released. The hub's list where it answered, with its honest estimate. */
export function reservableOf(
  deps: ReturnDeps,
  bundle: Bundle | null,
  advice: Advice | null,
): readonly Reservable[] {
  if (advice !== null) return advice.reservable.slice(0, OFFERED);
  const now = deps.runtime.clock.now();
  return (bundle?.titles ?? [])
    .filter((title) => !title.withdrawn)
    .filter((title) => title.releaseAt > now || (title.units !== null && title.units.free <= 0))
    .sort((a, b) => b.rentals30d - a.rentals30d)
    .slice(0, OFFERED)
    .map(({ titleId }) => ({ titleId, queueLength: null, waitSeconds: null }));
}

/**
 * Writes recommendations and history onto the medium, sealed for the fleet's kiosks and the member's players (RET-6). It is an extra: what goes
 * wrong here concerns nothing else, and no customer hears of it.
 */
export async function leaveAdvice(
  deps: ReturnDeps,
  left: {
    readonly memberToken: string;
    readonly mediumId: MediumId | null;
    readonly advice: Advice | null;
    readonly returned: readonly Returned[];
  },
): Promise<boolean> {
  const { runtime, drive } = deps;
  const bundle = runtime.bundle();
  const medium = drive.current();
  if (bundle === null || medium === null) return false;
  const { memberToken, advice, mediumId } = left;
  const madeAt = runtime.clock.now();
  const titles = advice?.recommendations ?? ownRecommendations(bundle, left.returned);
  // Only players that the hub knows as the member's: anybody's may have left its key on the medium.
  const readers = await readersOf(deps, bundle, advice?.recipients ?? []);
  const written = await leaveForNextVisit(mediaOf(deps), medium, readers, {
    recommendations: {
      version: 1,
      memberToken,
      madeAt,
      terminal: runtime.identity.terminalId,
      titles: named(bundle, titles),
    },
    history: advice === null ? null : { version: 1, memberToken, madeAt, entries: advice.history },
  });
  if (advice?.revokedPlayers !== undefined && mediumId !== null)
    await leaveRevokedPlayers(mediaOf(deps), medium, mediumId, advice.revokedPlayers);
  if (!written.ok) runtime.log.info({ code: written.error.code }, 'no recommendations on this medium');
  return written.ok;
}

/** Which terminals are out, for the players at home (MS-32); what goes wrong concerns nothing else. */
export async function leaveList(deps: ReturnDeps): Promise<void> {
  const { runtime, drive } = deps;
  const list = runtime.bundle()?.revocationList;
  const medium = drive.current();
  if (list === undefined || medium === null) return;
  const left = await leaveRevocations(mediaOf(deps), medium, list);
  if (!left.ok) runtime.log.info({ code: left.error.code }, 'no list of revocations on this medium');
}

const RECIPIENT = /^age1[02-9ac-hj-np-z]{58}$/;

async function readersOf(
  deps: ReturnDeps,
  bundle: Bundle,
  players: readonly string[],
): Promise<readonly string[]> {
  const fleet = await identityToRecipient(bundle.fleetReadKey);
  const fit = players.filter((recipient) => RECIPIENT.test(recipient));
  if (fit.length < players.length) deps.runtime.log.warn({}, 'a player’s recipient is malformed');
  return [...new Set([fleet, ...fit])].slice(0, 32);
}

/** With the names by which a player, which knows no catalogue, can show them. */
const named = (
  bundle: Bundle,
  titles: readonly {
    readonly titleId: TitleId;
    readonly reason: Recommendations['titles'][number]['reason'];
  }[],
): Recommendations['titles'] =>
  titles.map((one) => {
    const name = bundle.titles.find(({ titleId }) => titleId === one.titleId)?.name;
    return name === undefined ? { ...one } : { ...one, name: { en: name.en, ja: name.ja, de: name.de } };
  });
