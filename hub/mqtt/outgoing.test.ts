import { describe, expect, it } from 'vitest';
import { simulatedClock } from '#firmware-sim/sim/clock.ts';
import { firstConfig } from '#hub/app/enrolment/enrolment.ts';
import type { Broker } from '#hub/ports/broker.ts';
import type { HubDatabase } from '#hub/ports/database.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import { epochMs, milliseconds } from '#shared/kernel/time.ts';
import { silentLog } from '#shared/ports/log.ts';
import { createOutgoing } from './outgoing.ts';

const KIOSK = 'kiosk-1' as TerminalId;

/** A terminal that says in each heartbeat that it has the first configuration still. */
function aTerminal() {
  const clock = simulatedClock(epochMs(Date.UTC(2026, 4, 1)));
  const world = { version: 7, away: false };
  const sent: { readonly version: number; readonly after: number }[] = [];
  const row = () => ({
    ...{ terminalId: KIOSK, state: 'active', online: true, configReported: 1 },
    configDesired: { ...firstConfig(), version: world.version },
  });
  const stores = {
    terminals: { find: async () => row() },
    commands: { list: async () => [] },
  };
  const publish = async (_topic: string, payload: Uint8Array) => {
    if (world.away) return fault('broker_away' as const, 'gone');
    const { config } = JSON.parse(Buffer.from(payload).toString('utf8'));
    sent.push({ version: config.version, after: clock.monotonic() / 1000 });
    return ok(undefined);
  };
  const outgoing = createOutgoing({
    db: { stores } as unknown as HubDatabase,
    broker: { publish } as unknown as Broker,
    ...{ clock, log: silentLog },
  });
  const beats = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      await outgoing.advance(KIOSK);
      await clock.advance(milliseconds(1000));
    }
  };
  return { world, sent, beats, start: clock.monotonic() / 1000 };
}

describe('SEC-8, FLT-2: a configuration that is not reported back', () => {
  it('SEC-8, FLT-2: it goes out again, but not with every heartbeat: a terminal that reads nothing would fill the broker with it', async () => {
    const { sent, beats, start } = aTerminal();
    await beats(3600);
    const after = sent.map((each) => each.after - start);
    expect(after).toEqual([0, 5, 15, 35, 75, 155, 315, 635, 1235, 1835, 2435, 3035]);
  });

  it('FLT-2: a newer one goes out at once, and so does one that the broker did not take', async () => {
    const { world, sent, beats } = aTerminal();
    await beats(3);
    world.version = 8;
    await beats(1);
    expect(sent.map(({ version }) => version)).toEqual([7, 8]);
    world.version = 9;
    world.away = true;
    await beats(2);
    world.away = false;
    await beats(1);
    expect(sent.map(({ version }) => version)).toEqual([7, 8, 9]);
  });
});
