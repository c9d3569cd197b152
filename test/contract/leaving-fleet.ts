import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { SimulatedCardReader } from '#firmware-sim/devices/card-reader.ts';
import { SimulatedPrinter } from '#firmware-sim/devices/receipt-printer.ts';
import { SimulatedSlotDoor } from '#firmware-sim/devices/slot-door.ts';
import { createSimulatedDrive } from '#firmware-sim/media/simulated-drive.ts';
import { makeEnrolmentCode } from '#hub/app/enrolment/enrolment.ts';
import { addStaff } from '#hub/app/staff/accounts.ts';
import { decommissionAnswer } from '#hub/http/contract/fleet.ts';
import { createKiosk, type Kiosk } from '#kiosk/kiosk.ts';
import {
  openRetired,
  type RetiredOptions,
  type RetiredTerminal,
} from '#shared/edge/drivers/retired-terminal.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import { openTerminalParts, type TerminalParts } from '#shared/edge/drivers/terminal-parts.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import { SITE } from './hub-world.ts';
import { type RealHub, startRealHub } from './real-terminals.ts';

const WORDS = 'seven umbrellas on a quiet tram';
export const until = async (
  what: string,
  true_: () => boolean | Promise<boolean>,
  ms = 30_000,
): Promise<void> => {
  for (let waited = 0; !(await true_()); waited += 50) {
    if (waited > ms) throw new Error(`in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

export interface Running {
  readonly kiosk: Kiosk;
  readonly parts: TerminalParts;
  readonly card: SimulatedCardReader;
  readonly restarts: () => number;
}

/** A real hub with staff, and kiosks that enrol there to leave it again. */
export function leavingFleet() {
  let real: RealHub;
  beforeAll(async () => {
    real = await startRealHub(true);
    for (const [name, role] of [
      ['anna', 'manager'],
      ['berta', 'manager'],
      ['carl', 'clerk'],
    ] as const)
      await addStaff(real.hub().inside(), { name, role, password: WORDS });
  });
  afterAll(async () => {
    await real?.end();
  });

  const inside = () => real.hub().inside();
  const row = async (terminalId: TerminalId) => {
    const found = await inside().db.stores.terminals.find({ terminalId });
    if (found === null) throw new Error('no such terminal');
    return found;
  };
  const alerts = async (code: string) =>
    (await inside().db.stores.alerts.list({ code }, { limit: 50 })).map(({ subject }) => subject);
  const trail = async (action: string) =>
    (await inside().db.stores.audit.list({ limit: 500 })).filter((one) => one.action === action);

  /** A member of staff with a session of her own. */
  async function staff(name: string) {
    const base = `${real.hub().addresses().http}/api/v1`;
    const signedIn = await fetch(`${base}/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name, password: WORDS }),
    });
    const cookie = signedIn.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
    return async (method: string, path: string, body: unknown = {}) => {
      const answer = await fetch(`${base}${path}`, {
        method,
        headers: { cookie, 'content-type': 'application/json' },
        ...(method === 'GET' ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      return {
        status: answer.status,
        body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>,
      };
    };
  }

  /** What two managers decide together, over the staff API. */
  async function decommission(terminalId: TerminalId, nevertheless = false): Promise<void> {
    const asked = await (await staff('anna'))('POST', `/terminals/${terminalId}/decommission`, {
      reason: 'The shop closes',
      nevertheless,
    });
    const { requestId } = decommissionAnswer.parse(asked.body);
    const agreed = await (await staff('berta'))('POST', `/second-person/${requestId}/approve`);
    expect(agreed).toMatchObject({ status: 200, body: { state: 'approved' } });
  }

  const optionsOf = (terminalId: TerminalId, enrolmentCode: string | null): RetiredOptions => ({
    role: 'kiosk',
    terminalId,
    home: join(real.folder, terminalId),
    hubUrl: real.hub().addresses().terminals,
    mqttUrl: null,
    enrolmentCode,
    software: 'test',
    logLevel: 'silent',
    cacheBytes: 2 ** 30,
    clock: real.clock,
    port: 0,
    restart: () => {},
  });
  async function codeFor(terminalId: TerminalId): Promise<string> {
    const wanted = {
      terminalId,
      role: 'kiosk' as const,
      siteId: SITE,
      name: terminalId,
      approvedBeforehand: true,
    };
    const made = await makeEnrolmentCode(inside(), wanted, true);
    if (!made.ok) throw new Error(made.error.code);
    return made.value.code;
  }

  /** The whole program of a kiosk with false hardware. */
  async function start(terminalId: TerminalId, code: string): Promise<Running> {
    const parts = await openTerminalParts(optionsOf(terminalId, code));
    if (!parts.ok) throw new Error(`${parts.error.code}: ${parts.error.message}`);
    let restarts = 0;
    const card = new SimulatedCardReader({ clock: real.clock, answerAfter: milliseconds(0) });
    const kiosk = createKiosk({
      terminal: parts.value,
      port: 0,
      uiFolder: join(real.folder, 'no-page'),
      minimumBytesPerSecond: 0,
      drive: createSimulatedDrive({ name: 'slot', clock: real.clock, random: systemRandom }),
      card,
      printer: new SimulatedPrinter(),
      door: new SimulatedSlotDoor(),
      restart: () => {
        restarts += 1;
      },
    });
    await kiosk.start();
    await until('the hub hears of it', async () => kiosk.runtime.online());
    return { kiosk, parts: parts.value, card, restarts: () => restarts };
  }
  async function left({ kiosk, restarts }: Running): Promise<void> {
    await until('the kiosk decides to leave', () => restarts() > 0);
    await kiosk.stop();
  }
  function retired(options: RetiredOptions): RetiredTerminal {
    const opened = openRetired(options);
    if (!opened.ok) throw new Error(opened.error.code);
    return opened.value;
  }

  return {
    get real(): RealHub {
      return real;
    },
    ...{ inside, row, alerts, trail, staff, decommission, optionsOf, codeFor, start, left, retired },
  };
}
