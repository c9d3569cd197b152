import { idleShown } from '#shared/edge/session-shell.ts';
import type { TitleId } from '#shared/kernel/ids.ts';
import { add, type Money, money, zero } from '#shared/kernel/money.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { CatalogueTitle } from '#shared/protocol/terminal-api.ts';
import { bytesOnMedium } from '../catalogue/bytes.ts';
import {
  type Catalogue,
  cardOf,
  cartLineOf,
  detailOf,
  type Room,
  resultsOf,
  shelvesOf,
} from '../catalogue/titles.ts';
import type { KioskDeps } from '../deps.ts';
import { newPlayers, PLAYER_LIMIT } from '../members/players.ts';
import { kioskObstacle, mediumObstacle, rentObstacle, titleObstacle } from '../obstacles.ts';
import { bindingFor } from '../rent/rent-cart.ts';
import { troubleOf } from '../trouble.ts';
import type { CartLine, KioskSnapshot, KioskView, MediumCard, PlayersCard, WriteLine } from './contract.ts';
import { isSearch } from './intents.ts';
import type { SessionState } from './state.ts';

/** What `topUps` offers, in whole units of the currency. */
const TOP_UPS = {
  EUR: [1000, 2000, 5000],
  USD: [1000, 2000, 5000],
  GBP: [1000, 2000, 5000],
  CHF: [1000, 2000, 5000],
  JPY: [1000, 3000, 5000],
} as const;

interface Sight {
  readonly runtime: KioskDeps['runtime'];
  readonly catalogue: Catalogue;
  readonly now: EpochMs;
}

/** The state as the page shows it: everything of the present screen, nothing else, and no token or key. */
export function snapshotOf(
  runtime: KioskDeps['runtime'],
  catalogue: Catalogue | null,
  state: SessionState,
): KioskSnapshot {
  const now = runtime.clock.now();
  const site = catalogue?.bundle.site ?? null;
  const member = state.member;
  return {
    language: state.language,
    siteName: site?.name ?? '',
    zone: site?.calendar.zone ?? 'UTC',
    online: runtime.online(),
    medium: mediumCard(state),
    member:
      member === null
        ? null
        : {
            greeting: member.session.greeting,
            prepaid: member.session.prepaid,
            points: member.session.points,
            amountDue: member.session.amountDue,
            offline: member.offline,
          },
    cartCount: state.cart.length,
    notice: state.notice,
    trouble: state.trouble,
    idle: idleShown(state),
    view:
      catalogue === null
        ? { screen: 'attract', titles: [], closed: troubleOf({ code: 'kiosk_not_ready' }) }
        : viewOf({ runtime, catalogue, now }, state),
  };
}

function mediumCard({ medium }: SessionState): MediumCard {
  const facts = medium.kind === 'ready' ? medium.facts : null;
  return {
    state: medium.kind,
    freeBytes: facts?.freeBytes ?? null,
    totalBytes: facts?.totalBytes ?? null,
    fileSystem: facts?.fileSystem ?? null,
    known: medium.kind === 'ready' && medium.owner === 'known',
    trouble: medium.kind === 'trouble' ? medium.trouble : null,
  };
}

function viewOf(sight: Sight, state: SessionState): KioskView {
  const { runtime, catalogue } = sight;
  switch (state.screen) {
    case 'attract':
      return {
        screen: 'attract',
        titles: shelvesOf(sight, [])[0]?.titles.slice(0, 12) ?? [],
        closed: kioskObstacle(runtime),
      };
    case 'browse':
      return browse(sight, state);
    case 'title': {
      const title = state.titleId === null ? undefined : catalogue.byId.get(state.titleId);
      if (title === undefined) return browse(sight, state);
      const obstacle = titleObstacle(runtime, catalogue, title, state);
      return {
        screen: 'title',
        title: detailOf(sight, title, { inCart: state.cart.includes(title.titleId), obstacle }),
      };
    }
    case 'cart': {
      const lines = cartLines(sight, state);
      return {
        screen: 'cart',
        lines,
        bytes: bytesNeeded(sight, state),
        firstPrices: sum(lines.map((line) => line.firstPrice)),
      };
    }
    case 'insert':
      return {
        screen: 'insert',
        bytesNeeded: bytesNeeded(sight, state),
        obstacle: mediumObstacle(catalogue, state),
      };
    case 'identify':
      return {
        screen: 'identify',
        ...state.identify,
        thisYear: yearOf(sight),
        offline: !runtime.online(),
      };
    case 'confirm':
      return confirm(sight, state);
    case 'writing':
      return { screen: 'writing', lines: writeLines(sight, state), current: currentLine(state) };
    case 'done':
      return {
        screen: 'done',
        lines: writeLines(sight, state),
        receipt: state.receipt,
        qr: state.qr,
        printed: state.printed,
        newNumber: state.newNumber,
      };
    case 'mine':
      return mine(sight, state);
  }
}

function browse(sight: Sight, state: SessionState): KioskView {
  const facts = state.medium.kind === 'ready' ? state.medium.facts : null;
  const room: Room =
    facts === null
      ? null
      : { bytes: facts.freeBytes - bytesNeeded(sight, state), largestFileBytes: facts.largestFileBytes };
  // Without a medium there is nothing to fit onto: the wish waits for one.
  const search = { ...state.search, fits: state.search.fits && room !== null };
  const searching = isSearch(search);
  const { results, total } = searching
    ? resultsOf(sight, search, room, state.searchPages)
    : { results: null, total: 0 };
  return {
    screen: 'browse',
    // Whoever finds nothing is shown what others take.
    shelves: searching
      ? total === 0
        ? shelvesOf(sight, state.forYou).slice(0, 1)
        : []
      : shelvesOf(sight, state.forYou),
    results,
    total,
    search,
    choices: { ...sight.catalogue.choices(search.kind), fits: room !== null },
  };
}

const titlesOf = ({ catalogue }: Sight, ids: readonly TitleId[]): readonly CatalogueTitle[] =>
  ids.flatMap((titleId) => {
    const title = catalogue.byId.get(titleId);
    return title === undefined ? [] : [title];
  });

const cartLines = (sight: Sight, state: SessionState): readonly CartLine[] =>
  titlesOf(sight, state.cart).map((title) => ({ ...cartLineOf(sight, title), binding: bindingFor(title) }));

const bytesNeeded = (sight: Sight, state: SessionState): number =>
  titlesOf(sight, state.cart).reduce((bytes, title) => bytes + bytesOnMedium(title), 0);

/** The sum, or null for nothing and for amounts in several currencies, which nobody adds up. */
function sum(amounts: readonly Money[]): Money | null {
  const [first, ...rest] = amounts;
  if (first === undefined || rest.some((one) => one.currency !== first.currency)) return null;
  return rest.reduce(add, first);
}

const topUpsOf = (state: SessionState): readonly Money[] => {
  if (state.member === null || state.member.offline) return [];
  const { currency } = state.member.session;
  return TOP_UPS[currency].map((minor) => money(minor, currency));
};

function playersCard({ member, medium, playersBusy }: SessionState): PlayersCard {
  const facts = medium.kind === 'ready' ? medium.facts : null;
  return {
    own: (member?.session.playerKeys ?? []).map(({ playerId, name, addedAt }) => ({
      playerId,
      name: name ?? playerId,
      addedAt: addedAt ?? null,
    })),
    found: newPlayers(member, facts).map(({ playerId, name }) => ({ playerId, name })),
    limit: PLAYER_LIMIT,
    busy: playersBusy,
  };
}

function confirm(sight: Sight, state: SessionState): KioskView {
  const lines = cartLines(sight, state);
  const first = lines[0];
  const holds = sum(lines.map((line) => line.hold));
  return {
    screen: 'confirm',
    lines,
    firstPrices: sum(lines.map((line) => line.firstPrice)),
    holds: first === undefined ? null : (holds ?? zero(first.hold.currency)),
    bytesNeeded: bytesNeeded(sight, state),
    obstacle: kioskObstacle(sight.runtime) ?? rentObstacle(sight.runtime, sight.catalogue, state),
    topUps: topUpsOf(state),
    cardBusy: state.cardBusy,
    players: playersCard(state),
    newNumber: state.newNumber,
  };
}

const writeLines = (sight: Sight, state: SessionState): readonly WriteLine[] =>
  state.writes.flatMap((line) => {
    const title = sight.catalogue.byId.get(line.titleId);
    return title === undefined ? [] : [{ ...line, name: title.name, poster: cardOf(sight, title).poster }];
  });

function currentLine(state: SessionState): number {
  const at = state.writes.findIndex(
    (line) => line.state === 'writing' || line.state === 'holding' || line.state === 'waiting',
  );
  return at === -1 ? Math.max(0, state.writes.length - 1) : at;
}

function yearOf({ now, catalogue }: Sight): number {
  const year = new Intl.DateTimeFormat('en', {
    timeZone: catalogue.bundle.site.calendar.zone,
    year: 'numeric',
  });
  return Number(year.format(now));
}

function mine(sight: Sight, state: SessionState): KioskView {
  const session = state.member?.session;
  const named = (titleId: TitleId) => sight.catalogue.byId.get(titleId)?.name ?? { en: '…' };
  const pictured = (titleId: TitleId) => {
    const title = sight.catalogue.byId.get(titleId);
    return title === undefined ? null : (title.thumbnail ?? title.poster);
  };
  return {
    screen: 'mine',
    rentals: (session?.rentals ?? []).map(
      ({ rentalId, titleId, startedAt, dueAt, state: at, runningCharge }) => ({
        rentalId,
        name: named(titleId),
        poster: pictured(titleId),
        startedAt,
        dueAt,
        late: sight.now > dueAt,
        state: at,
        runningCharge,
      }),
    ),
    reservations: (session?.reservations ?? []).map((one) => ({
      ...one,
      name: named(one.titleId),
      poster: pictured(one.titleId),
    })),
    history: (session?.history ?? []).map(({ titleId, returnedAt, charge, stars }) => ({
      name: named(titleId),
      returnedAt,
      charge,
      stars,
    })),
    topUps: topUpsOf(state),
    cardBusy: state.cardBusy,
    players: playersCard(state),
    newNumber: state.newNumber,
  };
}
