import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import { deviceSeal } from '#shared/edge/drivers/device-secret.ts';
import { readAttempt, removeAttempt, writeAttempt } from '#shared/edge/drivers/enrolment-files.ts';
import { readIdentity, writeIdentity } from '#shared/edge/drivers/identity-files.ts';
import type { EnrolmentAttempt } from '#shared/edge/enrolment.ts';
import type { SiteId, TerminalId } from '#shared/kernel/ids.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import { createDeviceKeyAndCsr } from '#shared/media/device-key.ts';
import { foundFleet } from '#test/support/test-fleet.ts';
import { ALL, mine, pairs, sample, tell, upTo } from './tally.ts';

/**
 * The files of an enrolment, with the file system's calls as steps: each fails, or the power goes with what was not synced lost. The hub takes one request
 * a code, so the key that it heard of must never be lost, and in the end the identity must be there.
 */
const STOPS = [
  'refused',
  'refused-on',
  'full',
  'full-on',
  'removed',
  'cut-before',
  'cut-after',
  'torn-512',
  'torn-4096',
  'lost',
  'lost-names',
] as const;
interface Stop {
  readonly step: number;
  readonly effect: (typeof STOPS)[number];
}
class PowerCut extends Error {}
const CODES: Partial<Record<Stop['effect'], string>> = {
  ...{ refused: 'EIO', 'refused-on': 'EIO', full: 'ENOSPC', 'full-on': 'ENOSPC', removed: 'ENODEV' },
};

const world = vi.hoisted(() => ({
  step: (
    _call: string,
    work: () => unknown,
    _path: string | number,
    _undo?: () => void,
    _tear?: (sector: number, keep: () => boolean) => void,
  ): unknown => work(),
}));
vi.mock('node:fs', async (original) => {
  const fs = (await original()) as typeof import('node:fs');
  const paths = new Map<number, string>();
  return {
    ...fs,
    openSync: (path: string, flags: string, mode?: number) => {
      const before = fs.existsSync(path) && fs.statSync(path).isFile() ? fs.readFileSync(path) : null;
      return world.step(
        flags === 'w' ? 'create' : 'open',
        () => {
          const descriptor = fs.openSync(path, flags, mode);
          paths.set(descriptor, path);
          return descriptor;
        },
        path,
        () => (before === null ? fs.rmSync(path, { force: true }) : fs.writeFileSync(path, before)),
      );
    },
    writeSync: (descriptor: number, bytes: Uint8Array, from: number, length: number, at: number) => {
      const path = paths.get(descriptor) ?? '';
      const before = fs.readFileSync(path);
      return world.step(
        'write',
        () => fs.writeSync(descriptor, bytes, from, length, at),
        path,
        () => fs.existsSync(path) && fs.writeFileSync(path, before),
        (sector, keep) => {
          if (!fs.existsSync(path)) return;
          const torn = fs.readFileSync(path);
          for (let from = 0; from < torn.length; from += sector)
            if (!keep()) {
              torn.fill(0, from, Math.min(torn.length, from + sector));
              torn.set(before.subarray(from, Math.min(torn.length, from + sector)), from);
            }
          fs.writeFileSync(path, torn);
        },
      );
    },
    fsyncSync: (descriptor: number) =>
      world.step('sync', () => fs.fsyncSync(descriptor), paths.get(descriptor) ?? ''),
    renameSync: (from: string, to: string) => {
      const before = fs.existsSync(to) ? fs.readFileSync(to) : null;
      return world.step(
        'rename',
        () => fs.renameSync(from, to),
        dirname(to),
        () => {
          if (!fs.existsSync(to)) return;
          fs.renameSync(to, from);
          if (before !== null) fs.writeFileSync(to, before);
        },
      );
    },
    mkdirSync: (path: string, options: object) => {
      if (fs.existsSync(path)) return undefined;
      return world.step(
        'folder',
        () => fs.mkdirSync(path, options),
        dirname(path),
        () => fs.rmSync(path, { recursive: true, force: true }),
      );
    },
    rmSync: (path: string, options: object) => {
      const before = fs.existsSync(path) && fs.statSync(path).isFile() ? fs.readFileSync(path) : null;
      return world.step(
        'remove',
        () => fs.rmSync(path, options),
        dirname(path),
        () => before !== null && fs.writeFileSync(path, before),
      );
    },
  };
});

/** The machine: counts the calls, keeps what is not yet synced, and loses it with the power. */
function machine(stop: Stop | null, random: ReturnType<typeof seededRandom>) {
  let steps = 0;
  /** Changes that no sync has made certain, oldest first; names belong to their folder, bytes to their file. */
  let loose: {
    readonly path: string | number;
    readonly call: string;
    readonly undo: () => void;
    readonly tear: ((sector: number, keep: () => boolean) => void) | undefined;
  }[] = [];
  let standing = false;
  const lose = (effect: Stop['effect']): void => {
    for (const change of loose.reverse()) {
      const isName = ['rename', 'folder', 'remove', 'create'].includes(change.call);
      const goes =
        effect === 'lost' ||
        (effect === 'lost-names' ? isName : effect.startsWith('torn') && random.below(2) === 1);
      const sector = Number(effect.split('torn-')[1]);
      if (sector > 0 && change.tear !== undefined) change.tear(sector, () => random.below(2) === 1);
      else if (goes) change.undo();
    }
    loose = [];
  };
  const cut = (effect: Stop['effect']): never => {
    lose(effect);
    throw new PowerCut();
  };
  world.step = (call, work, path, undo, tear) => {
    steps += 1;
    if (stop?.step === steps && (stop.effect.endsWith('-on') || stop.effect === 'removed')) standing = true;
    const effect = stop !== null && (stop.step === steps || standing) ? stop.effect : null;
    const code = effect === null ? undefined : CODES[effect];
    if (effect === 'removed' && stop?.step === steps) lose('torn-4096');
    if (code !== undefined && (code !== 'ENOSPC' || call !== 'open'))
      throw Object.assign(new Error(effect ?? ''), { code });
    if (code !== undefined) return work();
    if (effect === 'cut-before') cut(effect);
    const done = work();
    if (call === 'sync') loose = loose.filter((change) => change.path !== path);
    else if (undo !== undefined && call !== 'open')
      loose.push({ call, path: call === 'create' ? dirname(String(path)) : path, undo, tear });
    if (effect !== null) cut(effect);
    return done;
  };
  return { steps: () => steps };
}
const off = (): void => {
  world.step = (_call, work) => work();
};

const TERMINAL = 'kiosk-1' as TerminalId;
const CODE = 'KT-CODE';
const seal = deviceSeal(new Uint8Array(32).fill(7));
const base = mkdtempSync(join(tmpdir(), 'keyturn-enrol-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
let attempts: EnrolmentAttempt[] = [];
let answerFor: (attempt: EnrolmentAttempt) => Parameters<typeof writeIdentity>[1]['answer'];
beforeAll(async () => {
  const fleet = await foundFleet();
  const chains = new Map<string, readonly string[]>();
  for (let count = 0; count < 3; count += 1) {
    const { privateKeyPem, csrPem } = await createDeviceKeyAndCsr(TERMINAL);
    const validity = milliseconds(90 * 86_400_000);
    const issued = await fleet.issueCertificate(csrPem, { id: TERMINAL, role: 'kiosk', validity });
    if (!issued.ok) throw new Error(issued.error.code);
    chains.set(csrPem, issued.value.chain);
    attempts = [...attempts, { code: CODE, privateKeyPem, certificateRequest: csrPem }];
  }
  answerFor = ({ certificateRequest }) => ({
    terminalId: TERMINAL,
    role: 'kiosk' as const,
    fleetId: fleet.trust.fleetId,
    siteId: '0199d0c8-1c00-7000-8000-000000000001' as SiteId,
    certificateChain: [...(chains.get(certificateRequest) ?? [])],
    rootCertificate: fleet.rootPem,
    mqttUrl: 'mqtts://broker.example:7301',
  });
});

/** One start of a terminal with a code, as `terminal-parts.ts` does it; the hub takes the first request and no other. */
function start(home: string, hub: { request: string | null }, life: number): 'enrolled' | 'refused' {
  const folder = join(home, 'identity');
  const known = readIdentity(folder, seal);
  if (!known.ok) throw new Error(known.error.code);
  if (known.value !== null) return 'enrolled';
  const begun = readAttempt(folder, CODE, seal);
  const attempt = begun ?? attempts[life];
  if (attempt === undefined) throw new Error('no attempt is left');
  if (begun === null) writeAttempt(folder, attempt, seal);
  hub.request ??= attempt.certificateRequest;
  if (hub.request !== attempt.certificateRequest) return 'refused';
  const { privateKeyPem } = attempt;
  const written = writeIdentity(folder, { answer: answerFor(attempt), privateKeyPem }, seal, 'ab'.repeat(32));
  if (written.ok) removeAttempt(folder);
  return 'enrolled';
}

it('SEC-1, SYN-1: an enrolment stopped at every call of the file system, and again in the next start: the key that the hub heard of is never lost', () => {
  let homes = 0;
  /** Answers the steps of each life. */
  const run = (stops: readonly (Stop | null)[]): readonly number[] => {
    const label = stops.map((stop) => `${stop?.effect} at ${stop?.step}`).join(', then ');
    homes += 1;
    const home = join(base, `home-${homes}`);
    mkdirSync(home);
    const hub = { request: null as string | null };
    const random = seededRandom(label);
    const steps: number[] = [];
    for (const [life, stop] of [...stops, null].entries()) {
      const own = machine(stop, random);
      try {
        expect(start(home, hub, life), label).toBe('enrolled');
      } catch (error) {
        // An error of the disk ends the program; it is started again.
        const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : null;
        if (!(error instanceof PowerCut) && !Object.values(CODES).includes(String(code))) throw error;
      }
      steps.push(own.steps());
      off();
    }
    const identity = readIdentity(join(home, 'identity'), seal);
    expect(identity.ok && identity.value?.terminalId, label).toBe(TERMINAL);
    rmSync(home, { recursive: true, force: true });
    return steps;
  };
  const [steps = 0] = run([null]);
  expect(steps).toBeGreaterThan(15);
  const stops = (until: number) =>
    pairs(upTo(until), STOPS).map(([step, effect]): Stop => ({ step, effect }));
  const firsts = mine(stops(steps));
  let seconds = 0;
  let all = 0;
  for (const [index, first] of firsts.entries()) {
    const [, recovered = 0] = run([first, null]);
    const again = stops(recovered);
    all += again.length;
    // Every first stop in every run of the tests, a second one after one in four.
    for (const second of ALL || index % 4 === 0 ? sample(again, 1, index) : []) {
      run([first, second]);
      seconds += 1;
    }
  }
  tell('enrolment', { steps, cases: firsts.length, of: firsts.length });
  tell('enrolment, stopped again', { steps, cases: seconds, of: all });
});
