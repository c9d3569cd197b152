import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SimulatedCardReader } from '#firmware-sim/devices/card-reader.ts';
import { SimulatedPrinter } from '#firmware-sim/devices/receipt-printer.ts';
import { SimulatedSlotDoor } from '#firmware-sim/devices/slot-door.ts';
import { memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import { createSimulatedDrive, type SimulatedDrive } from '#firmware-sim/media/simulated-drive.ts';
import { uploadEdition } from '#hub/app/catalogue/uploads.ts';
import { putConfig, sendCommand } from '#hub/app/fleet/control.ts';
import type { CommandRow } from '#hub/ports/rows/index.ts';
import { createKiosk, type Kiosk } from '#kiosk/kiosk.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import type { EditionId, TerminalId, TitleId } from '#shared/kernel/ids.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { CommandOrder } from '#shared/protocol/commands.ts';
import { happens } from '#test/support/live-fleet.ts';
import { id, TITLE } from './hub-world.ts';
import { type RealHub, startRealHub } from './real-terminals.ts';

const KIOSK = 'real-kiosk' as TerminalId;
const STAFF = 'staff:tester' as const;
const LOG = ['first line', 'second line', 'third line'];
let real: RealHub;
let kiosk: Kiosk;
let drive: SimulatedDrive;
let restarts = 0;

/** The program of the kiosk begins, as after a restart of the machine. */
async function startKiosk(): Promise<void> {
  const { clock } = real;
  kiosk = createKiosk({
    terminal: { ...(await real.parts(KIOSK, 'kiosk')), recentLog: (lines) => LOG.slice(-lines) },
    drive,
    card: new SimulatedCardReader({ clock, answerAfter: milliseconds(0) }),
    printer: new SimulatedPrinter(),
    door: new SimulatedSlotDoor(),
    port: 0,
    uiFolder: join(real.folder, 'no-page'),
    minimumBytesPerSecond: 0,
    restart: () => {
      restarts += 1;
    },
  });
  await kiosk.start();
  await happens('the kiosk to be online', () => kiosk.runtime.online());
}

beforeAll(async () => {
  real = await startRealHub(true);
  drive = createSimulatedDrive({ name: 'slot', clock: real.clock, random: systemRandom });
});
afterAll(() => real?.end());
beforeEach(async () => {
  restarts = 0;
  await startKiosk();
});
afterEach(async () => {
  drive.pull();
  await kiosk.stop();
});

const order = async (wanted: CommandOrder, seconds = 600): Promise<string> => {
  const sent = await sendCommand(real.hub().inside(), STAFF, KIOSK, wanted, seconds);
  if (!sent.ok) throw new Error(sent.error.code);
  return sent.value.commandId;
};
const atHub = async (commandId: string): Promise<CommandRow> => {
  const row = await real
    .hub()
    .inside()
    .db.stores.commands.find({ commandId: commandId as never });
  if (row === null) throw new Error('the hub keeps its commands');
  return row;
};
const reaches = async (commandId: string, state: CommandRow['state']): Promise<CommandRow> => {
  await happens(`the command to be ${state}`, async () => (await atHub(commandId)).state === state);
  return atHub(commandId);
};
/** Every step that the terminal has reported of a command, in order. */
const steps = (commandId: string) =>
  kiosk.runtime.store
    .read(0, 0, { events: 10_000, bytes: 1e8 })
    .filter(({ kind }) => kind === 'command.state')
    .map(({ data }) => data as { commandId: string; state: string })
    .filter((data) => data.commandId === commandId)
    .map(({ state }) => state);

describe('orders of the hub to a kiosk', () => {
  it('FLT-2: lock is accepted, running, done; the kiosk is locked, and free again by the next order', async () => {
    const lock = await order({ kind: 'lock', locked: true });
    await reaches(lock, 'done');
    expect(kiosk.runtime.locked()).toBe(true);
    expect(steps(lock)).toEqual(['accepted', 'running', 'done']);
    await reaches(await order({ kind: 'lock', locked: false }), 'done');
    expect(kiosk.runtime.locked()).toBe(false);
  });

  it('FLT-2: restart runs until the next process says that it is done', async () => {
    const restart = await order({ kind: 'restart' });
    await happens('the program to be told to end', () => restarts === 1);
    await reaches(restart, 'running');
    await kiosk.stop();
    expect((await atHub(restart)).state).toBe('running');
    await startKiosk();
    await reaches(restart, 'done');
    expect(steps(restart)).toEqual(['accepted', 'running', 'done']);
    expect(restarts).toBe(1);
  });

  it('FLT-2: fetch_title is done when the title is here, failed with its cause when there is none', async () => {
    const inside = real.hub().inside();
    const uploaded = await uploadEdition(inside, TITLE, {
      mediaType: 'text/plain',
      sha256: null,
      bytes: null,
      content: (async function* () {
        yield Buffer.alloc(300_000, 'a film ');
      })(),
    });
    if (!uploaded.ok) throw new Error(uploaded.error.code);
    await kiosk.runtime.refreshBundle();
    expect(kiosk.runtime.cache.ready()).toEqual([]);
    const editionId = (await inside.db.stores.titles.find({ titleId: TITLE }))?.editionId as EditionId;
    await reaches(await order({ kind: 'fetch_title', titleId: TITLE, editionId }), 'done');
    expect(kiosk.runtime.cache.ready()).toEqual([TITLE]);
    await happens('staff to see it', async () => {
      const terminal = await inside.db.stores.terminals.find({ terminalId: KIOSK });
      return terminal?.cache[TITLE]?.state === 'ready';
    });
    const unknown = await order({ kind: 'fetch_title', titleId: id<TitleId>(), editionId });
    expect((await reaches(unknown, 'failed')).fault?.code).toMatch(/^title_/);
  });

  it('FLT-2: collect_logs brings the last lines of the log', async () => {
    const row = await reaches(await order({ kind: 'collect_logs', lines: 2 }), 'done');
    expect(row).toMatchObject({ fault: null, output: 'second line\nthird line' });
  });

  it('FLT-2: nothing that disturbs is carried out while a customer is there: it waits, then runs; or expires', async () => {
    await drive.insert(memoryMedium('a customer’s medium'));
    await happens('the kiosk to see the customer', () => kiosk.session.busy());
    const late = await order({ kind: 'lock', locked: true }, 20);
    await reaches(late, 'accepted');
    real.pass(4_000);
    expect([steps(late), kiosk.runtime.locked(), kiosk.session.busy()]).toEqual([['accepted'], false, true]);
    real.pass(17_000);
    await reaches(late, 'expired');
    expect(kiosk.runtime.locked()).toBe(false);
    expect(kiosk.session.busy()).toBe(true);

    const restart = await order({ kind: 'restart' });
    await reaches(restart, 'accepted');
    real.pass(4_000);
    expect([steps(restart), restarts, kiosk.session.busy()]).toEqual([['accepted'], 0, true]);
    drive.pull();
    await happens('the customer to be gone', () => {
      real.pass(1_000);
      return !kiosk.session.busy();
    });
    real.pass(4_000);
    await reaches(restart, 'running');
    expect(restarts).toBe(1);
  });

  it('FLT-2: an order for a kiosk that is away expires at the hub and is never carried out', async () => {
    await kiosk.stop();
    const late = await order({ kind: 'lock', locked: true }, 30);
    real.pass(31_000);
    await real.hub().inside().ticker.tick();
    expect((await atHub(late)).state).toBe('expired');
    await startKiosk();
    expect(kiosk.runtime.locked()).toBe(false);
    expect(steps(late)).toEqual([]);
  });

  it('FLT-2: the desired configuration is in force between customers and its version comes back', async () => {
    const inside = real.hub().inside();
    await drive.insert(memoryMedium('a customer’s medium'));
    await happens('the kiosk to see the customer', () => kiosk.session.busy());
    const { version, ...config } = kiosk.runtime.config();
    const before = config.sessionIdleSeconds;
    const put = await putConfig(inside, STAFF, KIOSK, version, { ...config, sessionIdleSeconds: 33 });
    if (!put.ok) throw new Error(put.error.code);
    const reported = async () =>
      (await inside.db.stores.terminals.find({ terminalId: KIOSK }))?.configReported ?? null;
    real.pass(4_000);
    expect([kiosk.runtime.config().sessionIdleSeconds, kiosk.session.busy()]).toEqual([before, true]);
    drive.pull();
    await happens('the version to come back', async () => {
      real.pass(1_000);
      return (await reported()) === put.value.version;
    });
    expect(kiosk.runtime.config()).toEqual(put.value);
  });
});
