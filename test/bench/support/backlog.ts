import type { ReceivedBatch } from '#hub/app/ingest/commit-group.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import {
  addTerminal,
  cardPart,
  type Devices,
  HOUR,
  lane,
  type openHub,
  register,
  returned,
  START,
  started,
  TITLE,
  writtenCopy,
} from '#test/contract/hub-world.ts';
import { enrol } from '#test/support/test-fleet.ts';

type Lane = ReturnType<typeof lane>;

/** What terminals have in their outboxes: of each pair of terminals the kiosk's lane and the return terminal's. */
export interface Backlog {
  readonly starts: readonly Lane[];
  readonly ends: readonly Lane[];
}

/** Events of one message. */
const BATCH = 50;

/**
 * Whole rentals, really signed, of so many new terminals: the kiosk's `rental.started`, the return terminal's `return.accepted` and `return.destroyed` with
 * its receipt and a card payment, and where it is wanted a rating.
 */
export async function makeBacklog(
  hub: Pick<Awaited<ReturnType<typeof openHub>>, 'db'>,
  devices: Devices,
  wanted: {
    readonly name: string;
    readonly rentals: number;
    readonly terminals: number;
    readonly rated: boolean;
  },
): Promise<Backlog> {
  const { name, rentals, rated } = wanted;
  const pairs = Math.max(1, Math.floor(wanted.terminals / 2));
  const starts: Lane[] = [];
  const ends: Lane[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    const kioskId = `kiosk-${name}${pair}`;
    const returnId = `return-${name}${pair}`;
    await addTerminal(hub.db, kioskId as TerminalId, 'kiosk');
    await addTerminal(hub.db, returnId as TerminalId, 'return-terminal');
    const kiosk = await enrol(devices.fleet, kioskId, 'kiosk');
    const terminal = await enrol(devices.fleet, returnId, 'return-terminal');
    await register(hub.db, kiosk);
    await register(hub.db, terminal);
    const begin = lane(kioskId);
    const end = lane(returnId);
    for (let n = pair; n < rentals; n += pairs) {
      const rental = await writtenCopy(devices, START, { signer: kiosk });
      begin.add('rental.started', started(rental), START);
      const t0 = epochMs(START + HOUR);
      const back = await returned(rental, terminal, t0);
      end.add('return.accepted', back.accepted, t0);
      end.add('return.destroyed', { ...back.destroyed, parts: [cardPart(rental, back.returnId, 400)] }, t0);
      if (rated) end.add('rating.given', { rentalId: rental.rentalId, titleId: TITLE, stars: 4, at: t0 }, t0);
    }
    starts.push(begin);
    ends.push(end);
  }
  return { starts, ends };
}

/** The lanes' events `from` … as messages, the terminals in turn, as a hub that comes back meets them. */
export function batchesOf(
  lanes: readonly Lane[],
  from = 0,
  until = Number.POSITIVE_INFINITY,
): ReceivedBatch[] {
  const batches: ReceivedBatch[] = [];
  const longest = Math.min(until, Math.max(...lanes.map((each) => each.events.length)));
  for (let at = from; at < longest; at += BATCH)
    for (const each of lanes) {
      const part = each.events.slice(at, Math.min(at + BATCH, until));
      if (part.length > 0) batches.push(each.batch(part));
    }
  return batches;
}

export const eventsIn = (batches: readonly ReceivedBatch[]): number =>
  batches.reduce((sum, { batch }) => sum + batch.events.length, 0);
