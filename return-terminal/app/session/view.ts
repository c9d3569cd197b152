import { planPayment } from '#shared/domain/payment-plan.ts';
import { idleShown } from '#shared/edge/session-shell.ts';
import { add, type Money, subtract } from '#shared/kernel/money.ts';
import type { PaymentMeans } from '#shared/protocol/events.ts';
import type { Bundle } from '#shared/protocol/terminal-api.ts';
import type { ReturnRuntime } from '../deps.ts';
import { balanceOf, meansAfter } from '../returning/pay.ts';
import { type Trouble, troubleOf } from '../trouble.ts';
import type { PlanView, ReservableTitle, ReturnLine, ReturnSnapshot, ReturnView } from './contract.ts';
import { choosable, returnable } from './reducer.ts';
import type { LineState, SessionState } from './state.ts';

/** Why no return begins here now; null: it does. Returns need neither hub nor bundle (RET-1, SYN-5). */
export function terminalObstacle(runtime: ReturnRuntime): Trouble | null {
  if (runtime.config().decommission !== undefined) return troubleOf({ code: 'terminal_leaving' });
  if (runtime.closing()) return troubleOf({ code: 'terminal_restarting' });
  return runtime.locked() ? troubleOf({ code: 'terminal_locked' }) : null;
}

/** The state as the page shows it: everything of the present screen, nothing else, and no token or key. */
export function snapshotOf(runtime: ReturnRuntime, state: SessionState): ReturnSnapshot {
  const bundle = runtime.bundle();
  return {
    language: state.language,
    siteName: bundle?.site.name ?? '',
    zone: bundle?.site.calendar.zone ?? 'UTC',
    online: runtime.online(),
    trouble: state.trouble,
    idle: idleShown(state),
    view: viewOf(runtime, bundle, state),
  };
}

function viewOf(runtime: ReturnRuntime, bundle: Bundle | null, state: SessionState): ReturnView {
  const lines = state.lines.map((line) => lineView(bundle, line));
  const chosen = lines.filter((line) => line.chosen && returnable(line));
  const rewards =
    bundle === null
      ? null
      : { forRating: bundle.rewards.forRating, forReservation: bundle.rewards.forReservation };
  switch (state.screen) {
    case 'welcome':
      return { screen: 'welcome', closed: terminalObstacle(runtime), mediumLeft: state.mediumInside };
    case 'reading':
      return { screen: 'reading' };
    case 'nothing':
      return { screen: 'nothing', lines, trouble: state.trouble };
    case 'choose':
      return { screen: 'choose', lines, plan: planView(state) };
    case 'points':
      return { screen: 'points', ...state.points };
    case 'pay':
      return {
        screen: 'pay',
        lines: chosen,
        atReader: state.atReader,
        asked: state.asked,
        declined: state.declined,
      };
    case 'returning':
      return {
        screen: 'returning',
        lines: chosen,
        current: currentLine(chosen),
        secure: state.secure,
        reservable: reservableView(bundle, state),
        rewards,
      };
    case 'receipt':
      return {
        screen: 'receipt',
        lines: chosen,
        reservable: reservableView(bundle, state),
        rewards,
        pointsEarned: pointsEarned(bundle, state),
        receipt: state.receipt,
        qr: state.qr,
        printed: state.printed,
        advised: state.advised,
        mediumInside: state.mediumInside,
      };
    case 'take':
      return { screen: 'take' };
  }
}

const titleIn = (bundle: Bundle | null, titleId: LineState['titleId']) =>
  titleId === null ? undefined : bundle?.titles.find((title) => title.titleId === titleId);

function lineView(bundle: Bundle | null, line: LineState): ReturnLine {
  const title = titleIn(bundle, line.titleId);
  const { price } = line;
  return {
    copyId: line.copyId,
    titleId: line.titleId,
    name: title?.name ?? { en: line.title ?? '…' },
    poster: title?.thumbnail ?? title?.poster ?? null,
    kind: line.kind,
    chosen: line.chosen,
    choosable: choosable(line),
    startedAt: price?.startedAt ?? null,
    dueAt: price?.dueAt ?? null,
    t0: line.t0,
    total: price?.total ?? null,
    provisional: price !== null && price.quote === null && price.total.minor > 0,
    bill: price?.lines ?? [],
    next:
      price === null || price.next === null
        ? null
        : { ...price.next, saved: subtract(price.next.total, price.total) },
    keepReached: price?.kept ?? false,
    work: line.work,
    progress: line.progress,
    paid: line.paid,
    due: line.due,
    receipt: line.receipt,
    stars: line.stars,
    trouble: line.trouble,
  };
}

/** The first copy that is still to be done; the last one when all are. */
function currentLine(lines: readonly ReturnLine[]): number {
  const at = lines.findIndex((line) => !['destroyed', 'abandoned', 'torn'].includes(line.work));
  return at === -1 ? Math.max(0, lines.length - 1) : at;
}

/** How the chosen copies would be paid: the same split as `payReturn` makes it, what is left at the reader (LED-2). */
function planView(state: SessionState): PlanView {
  const sums = new Map<PaymentMeans, Money>();
  let total: Money | null = null;
  let points = state.purse?.balance ?? null;
  const balance = balanceOf(state.lines.filter((line) => line.chosen && returnable(line)));
  let fromBalance = 0;
  for (const line of state.lines) {
    if (!line.chosen || !returnable(line) || line.price === null) continue;
    const { total: charge } = line.price;
    if (total !== null && total.currency !== charge.currency) continue;
    total = total === null ? charge : add(total, charge);
    const plan = planPayment({
      charge,
      order: ['points', 'prepaid', 'held_card', 'card_reader'],
      points: state.purse === null || points === null ? null : { ...state.purse, balance: points },
      prepaid: meansAfter(line.means, balance, fromBalance).prepaid,
      heldCard: line.means.heldCard?.amount ?? null,
      cardReader: true,
    });
    for (const { means, amount, points: spent } of plan.parts) {
      const before = sums.get(means);
      sums.set(means, before === undefined ? amount : add(before, amount));
      if (means === 'prepaid') fromBalance += amount.minor;
      if (spent !== null && points !== null) points = (points - spent) as typeof points;
    }
  }
  return {
    total,
    parts: [...sums].map(([means, amount]) => ({ means, amount })),
    pointsOffered:
      state.purse === null && !state.offline && state.mediumKnown && total !== null && total.minor > 0,
    points: state.purse?.balance ?? null,
  };
}

/** What the customer holds in his hand or has just seen comes last: nobody queues anew for it first of all. */
function reservableView(bundle: Bundle | null, state: SessionState): readonly ReservableTitle[] {
  const seen = new Set(state.lines.map((line) => line.titleId));
  const fresh = state.reservable.filter((one) => !seen.has(one.titleId));
  const again = state.reservable.filter((one) => seen.has(one.titleId));
  return [...fresh, ...again].flatMap((one) => {
    const title = titleIn(bundle, one.titleId);
    if (title === undefined || title.withdrawn) return [];
    return [
      {
        ...one,
        name: title.name,
        poster: title.thumbnail ?? title.poster,
        releaseAt: title.releaseAt > (state.lines[0]?.t0 ?? 0) ? title.releaseAt : null,
        wanted: state.reserved.some((each) => each.titleId === one.titleId),
      },
    ];
  });
}

/** Points that the hub will grant for what was done here (RWD-1): per rental by tariff, per rating, once for a reservation. */
export function pointsEarned(bundle: Bundle | null, state: SessionState): number {
  if (bundle === null) return 0;
  const returned = state.lines.filter((line) => line.work === 'destroyed');
  const rated = returned.filter((line) => line.stars !== null).length;
  const perRental = returned.reduce((sum, line) => sum + line.pointsPerRental, 0);
  const reserved = state.reserved.length > 0 && returned.length > 0 ? bundle.rewards.forReservation : 0;
  return perRental + rated * bundle.rewards.forRating + reserved;
}
