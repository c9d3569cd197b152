import type { Lane } from '#shared/protocol/envelope.ts';
import type { TerminalProcess } from '../world/terminal-process.ts';
import type { World } from '../world/world.ts';

const MOST = 1_000_000;
/** What waits for staff; what the hub kept back and then applied by itself is none of it. */
const UNSETTLED = ['dead', 'parked', 'quarantined'] as const;
const RESTING = new Set<string>(['attract', 'welcome', 'take']);
const LIMITS = { events: 100_000, bytes: Number.MAX_SAFE_INTEGER };

/** SYN-2: what a terminal's log holds stands in the hub's inbox once, and nothing of it waits any more. What a thief told waits under his own name (`theft.ts`). */
export async function logsAtRest(world: World): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const terminal of world.terminals) {
    for (const lane of [0, 1] as const) wrong.push(...(await laneAtRest(world, terminal, lane)));
  }
  for (const terminal of world.terminals)
    if (!RESTING.has(terminal.session().snapshot().view.screen))
      wrong.push(`SCR-7: the screen of ${terminal.id} shows ${terminal.session().snapshot().view.screen}`);
  const { stores } = world.database;
  const honest = <T extends { readonly terminalId: string }>(rows: readonly T[]): readonly T[] =>
    rows.filter(({ terminalId }) => terminalId !== world.stolen?.id);
  for (const { event, message, cause } of honest(
    await stores.deadLetters.list({ state: UNSETTLED }, { limit: MOST }),
  ))
    wrong.push(`SYN-3: ${event.kind} is a dead letter: ${cause} ${message}`);
  for (const { terminalId } of honest(await stores.conflicts.list({}, { limit: MOST })))
    wrong.push(`SYN-3: ${terminalId} sent two events under one sequence`);
  for (const { terminalId, lane, contiguous, last } of honest(await stores.cursors.list({}, { limit: MOST })))
    if (lane === 0 && contiguous < last)
      wrong.push(`SYN-2: the hub holds ${last - contiguous} events of ${terminalId} that it has not applied`);
  return wrong;
}

async function laneAtRest(world: World, terminal: TerminalProcess, lane: Lane): Promise<readonly string[]> {
  const { id, store } = terminal;
  const position = store.position(lane);
  const wrong: string[] = [];
  if (position.queued > 0)
    wrong.push(`SYN-2: ${id} lane ${lane} still has ${position.queued} events to send`);
  if (lane === 1) return wrong;
  const inbox = await world.database.stores.inboxEvents.list({ terminalId: id, lane }, { limit: MOST });
  const times = new Map<string, number>();
  for (const { eventId } of inbox) times.set(eventId, (times.get(eventId) ?? 0) + 1);
  for (const event of [...terminal.lostStores, store].flatMap((one) => one.read(lane, 0, LIMITS))) {
    const count = times.get(event.id) ?? 0;
    if (count !== 1) wrong.push(`SYN-2: ${event.kind} of ${id} is in the hub's log ${count} times`);
    times.delete(event.id);
  }
  // Nothing is purged within the days of a world.
  if (times.size > 0) wrong.push(`SYN-2: the hub holds ${times.size} events that ${id} never made`);
  return wrong;
}
