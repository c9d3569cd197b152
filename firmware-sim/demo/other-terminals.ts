import { join } from 'node:path';
import type { HubInside } from '#hub/hub.ts';
import type { MemberRow } from '#hub/ports/rows/index.ts';
import { KIOSK_SOFTWARE } from '#kiosk/kiosk.ts';
import { RETURN_TERMINAL_SOFTWARE } from '#return-terminal/return-terminal.ts';
import { assetFiles } from '#shared/edge/drivers/asset-files.ts';
import type { LogLevel } from '#shared/edge/drivers/system-log.ts';
import type { TerminalRole } from '#shared/edge/identity.ts';
import { createTerminal, type TerminalRuntime } from '#shared/edge/runtime.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { ok } from '#shared/kernel/result.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Log } from '#shared/ports/log.ts';
import type { Heartbeat } from '#shared/protocol/envelope.ts';
import { type DemoHub, openDemoTerminal } from './enrol-terminals.ts';
import { createNetworkCable } from './network.ts';
import { tellOnce } from './other-stories.ts';
import type { SeededShop } from './seed/seed.ts';
import { type Supervised, superviseProgram } from './supervise.ts';

/** A terminal of the demo at which nobody can stand: it has no screen, but is enrolled, reports and obeys like any other (FLT-1, FLT-2). */
export interface OtherTerminal {
  readonly terminalId: TerminalId;
  readonly role: TerminalRole;
  readonly name: string;
  readonly site: 'berlin' | 'tokyo';
  /** One that staff have not brought up to date yet. */
  readonly software?: string;
  readonly celsius: number;
  readonly drives: Heartbeat['drives'];
  /** It was there on the first day and has been away since. */
  readonly away?: boolean;
}

const drive = (
  name: string,
  state: Heartbeat['drives'][number]['state'] = 'empty',
  fault: string | null = null,
) => ({
  name,
  state,
  fault,
});
const LOOK_AGAIN = milliseconds(250);
const id = (name: string): TerminalId => name as TerminalId;

export const OTHER_TERMINALS: readonly OtherTerminal[] = [
  {
    terminalId: id('tokyo-kiosk-1'),
    role: 'kiosk',
    name: 'Kiosk at the entrance',
    site: 'tokyo',
    celsius: 34,
    drives: [drive('slot 1'), drive('slot 2')],
  },
  {
    terminalId: id('tokyo-return-1'),
    role: 'return-terminal',
    name: 'Return terminal at the entrance',
    site: 'tokyo',
    celsius: 31,
    drives: [drive('slot 1')],
  },
  {
    terminalId: id('tokyo-kiosk-2'),
    role: 'kiosk',
    name: 'Kiosk by the escalator',
    site: 'tokyo',
    celsius: 58,
    drives: [drive('slot 1'), drive('slot 2', 'fault', 'drive_worn')],
  },
  {
    terminalId: id('tokyo-return-2'),
    role: 'return-terminal',
    name: 'Return terminal at the bicycle stand',
    site: 'tokyo',
    software: '1.1.4',
    celsius: 27,
    drives: [drive('slot 1')],
  },
  {
    terminalId: id('berlin-kiosk-2'),
    role: 'kiosk',
    name: 'Kiosk by the stairs',
    site: 'berlin',
    celsius: 33,
    drives: [drive('slot 1')],
  },
  {
    terminalId: id('berlin-return-2'),
    role: 'return-terminal',
    name: 'Return terminal at the counter',
    site: 'berlin',
    celsius: 29,
    drives: [drive('slot 1'), drive('slot 2')],
  },
  {
    terminalId: id('berlin-kiosk-3'),
    role: 'kiosk',
    name: 'Kiosk in the courtyard',
    site: 'berlin',
    software: '1.1.4',
    celsius: 12,
    drives: [drive('slot 1')],
    away: true,
  },
];

export interface OtherDeps {
  readonly inside: HubInside;
  readonly addresses: DemoHub;
  /** Folder of all terminals’ homes. */
  readonly home: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly logLevel: LogLevel;
  readonly members: ReadonlyMap<string, MemberRow>;
  /** What has to be booked before they tell of it. */
  readonly past: SeededShop['past'];
}

/**
 * Books the past and brings the other terminals of both shops up, one after the other, beside whatever the visitor does already. The answer ends them; it waits
 * for the one that is just starting.
 */
export function openOtherTerminals(deps: OtherDeps): () => Promise<void> {
  const running: Supervised[] = [];
  let stopped = false;
  const opening = (async () => {
    if (deps.past !== null) {
      await deps.past(() => stopped);
      await deps.inside.recommender.refresh();
    }
    for (const other of OTHER_TERMINALS) {
      if (stopped) return;
      const row = await deps.inside.db.stores.terminals.find({ terminalId: other.terminalId });
      if (other.away === true && row?.lastContactAt != null) continue;
      const begun = await superviseProgram(deps.clock, (restart) => openOther(deps, other, restart));
      if (!begun.ok) {
        // One that left the fleet stays out of it (FLT-3).
        deps.log.info(
          { terminal: other.terminalId, code: begun.error.code },
          'a terminal of the demo stays away',
        );
      } else if (other.away === true) await leaveAfterContact(begun.value, deps);
      else running.push(begun.value);
    }
  })().catch((error: unknown) =>
    deps.log.warn({ error: String(error) }, 'the other terminals did not start'),
  );
  return async () => {
    stopped = true;
    await opening;
    await Promise.all(running.map((one) => one.stop()));
  };
}

async function openOther(
  { inside, addresses, home, clock, logLevel, members }: OtherDeps,
  other: OtherTerminal,
  restart: () => void,
) {
  const { terminalId, role, name, site } = other;
  const software = other.software ?? (role === 'kiosk' ? KIOSK_SOFTWARE : RETURN_TERMINAL_SOFTWARE);
  const cable = createNetworkCable();
  const place = { terminalId, role, name, site, software, cable, clock, logLevel };
  const parts = await openDemoTerminal(inside, addresses, { ...place, home: join(home, terminalId) });
  if (!parts.ok) return parts;
  const runtime: TerminalRuntime = createTerminal({
    ...parts.value,
    // The pictures are the same for all of them.
    assetFiles: assetFiles(join(home, 'demo', 'pictures')),
    drives: () => other.drives,
    temperatureCelsius: () => warmth(other, clock),
    onCommand: () => 'now',
    restart,
    business: {
      open: () => ({ customer: false, unfinished: 0, cards: [], elsewhere: { held: 0, torn: 0 } }),
      settle: async () => {},
    },
  });
  return ok({
    session: { busy: () => false },
    runtime,
    address: () => '',
    start: async () => {
      await runtime.start();
      tellOnce(runtime, members);
    },
    stop: () => runtime.stop(),
  });
}

/** Warmer towards the afternoon of the shop, as rooms are. */
function warmth({ celsius, site }: OtherTerminal, clock: Clock): number {
  const hours = clock.now() / 3_600_000 + (site === 'tokyo' ? 9 : 1);
  return Math.round((celsius + 2.5 * Math.sin(((hours - 9) / 12) * Math.PI)) * 10) / 10;
}

/** Waits until the hub has heard of it, a minute at most. */
async function leaveAfterContact(terminal: Supervised, { clock }: OtherDeps): Promise<void> {
  const until = clock.monotonic() + 60_000;
  while (!terminal.seen.online() && clock.monotonic() < until)
    await new Promise<void>((resolve) => clock.after(LOOK_AGAIN, resolve));
  await terminal.stop();
}
