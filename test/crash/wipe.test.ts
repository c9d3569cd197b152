import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import { deviceSeal } from '#shared/edge/drivers/device-secret.ts';
import { writeIdentity } from '#shared/edge/drivers/identity-files.ts';
import { LEFT_FILE, type Left, readLeft, writeLeft } from '#shared/edge/drivers/left-file.ts';
import { sealedStoreKey } from '#shared/edge/drivers/sealed-store-key.ts';
import { realDisk, type WipeDisk, type WipeJob, wipeHome, wipeKey } from '#shared/edge/drivers/wipe.ts';
import type { SiteId, TerminalId } from '#shared/kernel/ids.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import { createDeviceKeyAndCsr } from '#shared/media/device-key.ts';
import { verifyWipeReceipt, WIPED } from '#shared/media/wipe-receipt.ts';
import { FOUNDED, foundFleet } from '#test/support/test-fleet.ts';

const TERMINAL = 'kiosk-1' as TerminalId;
const SECRET = 'what a customer did here';
const seal = deviceSeal(new Uint8Array(32).fill(7));
const folder = mkdtempSync(join(tmpdir(), 'keyturn-wipe-'));
let fleet: FleetAuthority;
let identity: Parameters<typeof writeIdentity>[1];
let homes = 0;

beforeAll(async () => {
  fleet = await foundFleet();
  const { privateKeyPem, csrPem } = await createDeviceKeyAndCsr(TERMINAL);
  const validity = milliseconds(90 * 86_400_000);
  const issued = await fleet.issueCertificate(csrPem, { id: TERMINAL, role: 'kiosk', validity });
  if (!issued.ok) throw new Error(issued.error.code);
  const answer = {
    terminalId: TERMINAL,
    role: 'kiosk' as const,
    fleetId: fleet.trust.fleetId,
    siteId: '0199d0c8-1c00-7000-8000-000000000001' as SiteId,
    certificateChain: [...issued.value.chain],
    rootCertificate: fleet.rootPem,
    mqttUrl: 'mqtts://broker.example:7301',
  };
  identity = { answer, privateKeyPem };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FILES = [
  'store.db',
  'store.db-wal',
  'assets/poster',
  'content/ab/1.sealed',
  'content/ab/2.sealed',
  'by/hand.txt',
];

/** A terminal's home as it is after the hub's yes. */
function aHome(): string {
  homes += 1;
  const home = join(folder, `home-${homes}`);
  const written = writeIdentity(join(home, 'identity'), identity, seal, 'ab'.repeat(32));
  if (!written.ok) throw new Error(written.error.code);
  sealedStoreKey(join(home, 'identity', 'store-key'), seal);
  for (const name of ['content-lease', 'next-key', 'enrolling'])
    writeFileSync(join(home, 'identity', name), SECRET);
  for (const name of FILES) {
    mkdirSync(join(home, name, '..'), { recursive: true });
    writeFileSync(join(home, name), SECRET);
  }
  const lanes = ([0, 1] as const).map((lane) => ({ lane, epoch: 'e1', last: 7 }));
  const facts = { orderId: 'order-1', lanes, elsewhere: { held: 1, torn: 0 }, openCards: [] };
  const left = { version: 1, terminalId: TERMINAL, role: 'kiosk', facts } as const;
  writeLeft(home, { ...left, counted: null, codeDigest: null, receipt: null, over: false });
  return home;
}

const leftIn = (home: string): Left => {
  const left = readLeft(home);
  if (left === null || left === 'unreadable') throw new Error('the terminal has left');
  return left;
};

class PowerCut extends Error {}
/** Stops at the n-th step on the disk, before it or half-way through it; null: never. Counts the steps. */
function cutDisk(at: number | null, how: 'before' | 'after' | 'torn') {
  const state = { steps: 0 };
  const step =
    <A extends unknown[]>(work: (...args: A) => void, torn?: (...args: A) => void) =>
    (...args: A): void => {
      state.steps += 1;
      const cut = state.steps === at;
      if (!cut || how === 'after') work(...args);
      else if (how === 'torn') (torn ?? work)(...args);
      if (cut) throw new PowerCut();
    };
  const disk: WipeDisk = {
    files: realDisk.files,
    // Half-way through erasing the file is there, and its bytes are not what they were.
    erase: step(realDisk.erase, (path) => writeFileSync(path, Buffer.alloc(3))),
    remove: step(realDisk.remove),
    removeFolders: step(realDisk.removeFolders),
    write: step(realDisk.write, (home) => writeFileSync(join(home, `${LEFT_FILE}.new`), '{"version":1,"ha')),
  };
  return { disk, state };
}

const jobOf = (home: string, disk: WipeDisk): WipeJob => ({
  home,
  seal,
  clock: { now: () => FOUNDED },
  spare: null,
  disk,
});
/** What every start does from the file on: wipe, and once the hub has answered, the key. */
async function start(home: string, disk: WipeDisk, answered: string[]): Promise<void> {
  const job = jobOf(home, disk);
  const left = await wipeHome(job, leftIn(home));
  if (!left.over) {
    if (left.receipt === null) throw new Error('nothing to hand in');
    answered.push(left.receipt);
    disk.write(home, { ...left, over: true });
  }
  wipeKey(job);
}
const everything = (home: string): string =>
  realDisk
    .files(home)
    .map(({ path }) => readFileSync(path, 'latin1'))
    .join('\n');

describe('a wipe that is cut off', () => {
  it.each(['before', 'after', 'torn'] as const)(
    'FLT-3, SEC-9: at every step on the disk (%s): the next start ends it, with one receipt that never changes once the hub may have it',
    async (how) => {
      const whole = cutDisk(null, how);
      await start(aHome(), whole.disk, []);
      expect(whole.state.steps).toBeGreaterThan(FILES.length + 6);
      for (let at = 1; at <= whole.state.steps; at += 1) {
        const home = aHome();
        const handedIn: string[] = [];
        await expect(start(home, cutDisk(at, how).disk, handedIn)).rejects.toThrow(PowerCut);
        // And the power fails once more in the next start.
        await start(home, cutDisk(2, how).disk, handedIn).catch((error: unknown) => {
          if (!(error instanceof PowerCut)) throw error;
        });
        await start(home, realDisk, handedIn);
        await start(home, realDisk, handedIn);
        expect([at, readdirSync(home)]).toEqual([at, [LEFT_FILE]]);
        expect(new Set(handedIn).size).toBe(1);
        const read = await verifyWipeReceipt(handedIn[0] ?? '', fleet.trust, FOUNDED);
        if (!read.ok) throw new Error(read.error.code);
        // What was there is counted before the first file goes: a cut changes nothing of what the receipt says.
        expect(read.value.payload).toMatchObject({ files: FILES.length + 4, wiped: [...WIPED] });
        expect(leftIn(home)).toMatchObject({ over: true, codeDigest: 'ab'.repeat(32) });
      }
    },
  );

  it('FLT-3, SEC-9: no receipt exists while anything is left to wipe, and the keys go before what they open', async () => {
    const home = aHome();
    const order: string[] = [];
    const disk: WipeDisk = {
      ...realDisk,
      erase: (path) => {
        order.push(path.slice(home.length + 1));
        expect(leftIn(home).receipt).toBeNull();
        realDisk.erase(path);
      },
      write: (at, left) => {
        if (left.receipt !== null) expect(everything(at)).not.toContain(SECRET);
        realDisk.write(at, left);
      },
    };
    const left = await wipeHome(jobOf(home, disk), leftIn(home));
    expect(left.receipt).not.toBeNull();
    expect(order.slice(0, 4).every((path) => path.startsWith('identity/'))).toBe(true);
    expect(order.slice(4, 6)).toEqual(['store.db', 'store.db-wal']);
    expect(existsSync(join(home, 'identity', 'identity.json'))).toBe(true);
  });

  it('FLT-3: a device secret that somebody put into the home stays; a link is removed, not what it leads to', async () => {
    const home = aHome();
    const secret = join(home, 'device-secret');
    writeFileSync(secret, 'the machine’s own');
    const outside = join(folder, 'outside');
    mkdirSync(outside, { recursive: true });
    writeFileSync(join(outside, 'precious'), 'not the terminal’s');
    symlinkSync(outside, join(home, 'assets', 'elsewhere'));
    symlinkSync(join(outside, 'precious'), join(home, 'content', 'link'));
    await wipeHome({ ...jobOf(home, realDisk), spare: secret }, leftIn(home));
    expect(readdirSync(home).sort()).toEqual(['device-secret', 'identity', LEFT_FILE]);
    expect(readFileSync(join(outside, 'precious'), 'utf8')).toBe('not the terminal’s');
  });

  it('FLT-3: with no identity to sign with there is no receipt, and all is wiped the same', async () => {
    const home = aHome();
    writeFileSync(join(home, 'identity', 'identity.json'), '{}');
    const left = await wipeHome(jobOf(home, realDisk), leftIn(home));
    wipeKey(jobOf(home, realDisk));
    expect(left).toMatchObject({ receipt: null, over: true });
    expect(readdirSync(home)).toEqual([LEFT_FILE]);
  });
});
