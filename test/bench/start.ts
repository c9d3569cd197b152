import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openShop } from '#firmware-sim/story/shop.ts';
import { StaffAgent } from '#firmware-sim/story/staff-agent.ts';
import { enrolCodeAnswer } from '#hub/http/contract/fleet.ts';
import { assert } from '#shared/kernel/assert.ts';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { freePort } from '#test/support/free-port.ts';
import { childrenOf, type ServerProcess, startServer } from '#test/support/processes.ts';
import { median, round3 } from './support/figures.ts';
import { wholeNumbers } from './support/whole-numbers.ts';

const PASSWORD = 'a password of benchmarks';
const launcher = join(projectRoot(), 'shared', 'toolchain', 'launch.mjs');

/**
 * `npm run bench -- start [--rounds N] [--rest SECONDS] [--quick]`: how long somebody waits, from the command to the first page, everything built and with data of a
 * start before: `npm start` (left out with `--quick`), and hub (PGlite), kiosk and return terminal each alone, as `npm run hub` and the others start them; and what the program's process
 * holds in memory at rest, the launcher beside it not counted. `ratio`: the 150 MiB that a kiosk may take over what it takes.
 */
export async function run({ quick, rest }: { quick: boolean; rest: readonly string[] }): Promise<void> {
  const { values } = parseArgs({
    args: [...rest],
    options: {
      rounds: { type: 'string', default: quick ? '1' : '3' },
      rest: { type: 'string', default: quick ? '1' : '20' },
    },
  });
  const { rounds, rest: resting } = wholeNumbers({ rounds: values.rounds, rest: values.rest });
  const programs = ['hub', 'kiosk', 'return-terminal', ...(quick ? [] : ['demo'])];
  const build = join(projectRoot(), 'shared', 'toolchain', 'build.mjs');
  const env = { ...process.env, NODE_ENV: 'production' };
  const pages = ['ui/hub', 'ui/kiosk', 'ui/return-terminal', ...(quick ? [] : ['ui/player', 'ui/panel'])];
  execFileSync(process.execPath, [build, ...programs, ...(quick ? [] : ['player']), ...pages], {
    stdio: 'pipe',
    env,
  });
  const home = await mkdtemp(join(tmpdir(), 'keyturn-bench-'));
  try {
    const alone = await each(join(home, 'alone'), rounds, resting);
    const demo = quick ? null : await wholeDemo(join(home, 'demo'), rounds, resting);
    console.log(
      JSON.stringify({
        bench: 'start',
        ratio: round3(150 / alone.kiosk.mib),
        rounds,
        resting,
        ...alone,
        demo,
      }),
    );
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

interface Figures {
  /** From the command to the answer of the first page. */
  readonly seconds: number;
  /** Resident memory of the program's process at rest. */
  readonly mib: number;
}

async function each(home: string, rounds: number, resting: number) {
  await mkdir(home);
  const [http, terminals, mqtt, kioskPort, returnPort] = await Promise.all(
    Array.from({ length: 5 }, freePort),
  );
  const common = { KEYTURN_HOME: home };
  const place = { ...common, HUB_URL: `https://127.0.0.1:${terminals}` };
  const media = join(home, 'media');
  await mkdir(media);
  const hub: Program = {
    name: 'hub',
    env: {
      ...common,
      ...{ HUB_PORT: `${http}`, HUB_TERMINAL_PORT: `${terminals}`, MQTT_PORT: `${mqtt}` },
      ...{ HUB_ADMIN_PASSWORD: PASSWORD, HUB_SECOND_FACTOR: 'clerk' },
    },
    page: `http://127.0.0.1:${http}/`,
  };
  const kiosk: Program = {
    name: 'kiosk',
    env: { ...place, KIOSK_PORT: `${kioskPort}`, KIOSK_ID: 'kiosk-1', KEYTURN_MEDIA: media },
    page: `http://127.0.0.1:${kioskPort}/`,
  };
  const returns: Program = {
    name: 'return-terminal',
    env: {
      ...place,
      ...{ RETURN_TERMINAL_PORT: `${returnPort}`, RETURN_TERMINAL_ID: 'return-1', KEYTURN_MEDIA: media },
    },
    page: `http://127.0.0.1:${returnPort}/`,
  };
  // The first start makes the database, keys and identities; it is not what somebody waits for every day.
  const atWork = await started(hub);
  try {
    const staff = new StaffAgent(hub.page.slice(0, -1));
    await staff.signIn('admin', PASSWORD);
    const siteId = await openShop(staff);
    const codeFor = async (terminalId: string, role: 'kiosk' | 'return-terminal'): Promise<string> => {
      const wanted = { terminalId, role, siteId, name: terminalId, approvedBeforehand: true };
      return (await staff.post('/enrolment-codes', wanted, enrolCodeAnswer)).code;
    };
    await ended(await started(kiosk, { KIOSK_ENROLMENT_CODE: await codeFor('kiosk-1', 'kiosk') }));
    await ended(
      await started(returns, {
        RETURN_TERMINAL_ENROLMENT_CODE: await codeFor('return-1', 'return-terminal'),
      }),
    );
    const figures = {
      kiosk: await warm(kiosk, rounds, resting),
      returnTerminal: await warm(returns, rounds, resting),
    };
    await ended(atWork);
    return { hub: await warm(hub, rounds, resting), ...figures };
  } finally {
    await ended(atWork);
  }
}

/** `npm start` with its past, which it makes after the first pages: it is waited for, so that the next start has all of it. */
async function wholeDemo(home: string, rounds: number, resting: number): Promise<Figures> {
  const names = [
    'HUB_PORT',
    'HUB_TERMINAL_PORT',
    'MQTT_PORT',
    'RETURN_TERMINAL_PORT',
    'PLAYER_PORT',
    'PANEL_PORT',
  ];
  const ports = await Promise.all(names.map(async (name) => [name, `${await freePort()}`] as const));
  const kiosk = `${await freePort()}`;
  const env = { KEYTURN_HOME: home, KIOSK_PORT: kiosk, ...Object.fromEntries(ports) };
  const demo: Program = { name: 'demo', env, page: `http://127.0.0.1:${kiosk}/` };
  const first = await started(demo);
  await pause(resting * 1000);
  await ended(first);
  return warm(demo, rounds, resting);
}

interface Program {
  readonly name: 'hub' | 'kiosk' | 'return-terminal' | 'demo';
  readonly env: Readonly<Record<string, string>>;
  readonly page: string;
}
interface Running {
  readonly server: ServerProcess;
  readonly seconds: number;
}

async function warm(program: Program, rounds: number, resting: number): Promise<Figures> {
  const seconds: number[] = [];
  const mib: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const running = await started(program);
    seconds.push(running.seconds);
    await pause(resting * 1000);
    mib.push(residentMib(running.server.pid));
    await ended(running);
  }
  const figures = { seconds: round3(median(seconds)), mib: Math.round(median(mib)) };
  console.log(
    `${program.name}: first page after ${figures.seconds} s, ${figures.mib} MiB after ${resting} s at rest`,
  );
  return figures;
}

async function started(program: Program, more: Readonly<Record<string, string>> = {}): Promise<Running> {
  const began = performance.now();
  const ready = program.name === 'demo' ? /Ctrl-C ends it/ : /https?:\/\/127/;
  const server = await startServer({
    command: process.execPath,
    args: [launcher, program.name],
    env: { ...process.env, ...program.env, ...more },
    ready,
  });
  for (;;) {
    const answer = await fetch(program.page).catch(() => null);
    if (answer?.ok === true) {
      await answer.text();
      return { server, seconds: (performance.now() - began) / 1000 };
    }
    await answer?.body?.cancel();
    assert(server.running(), `${program.name} runs: ${server.output()}`);
    await pause(10);
  }
}

const ended = ({ server }: Running): Promise<void> => server.end('SIGTERM');

/** Of the program itself: the launcher's only child. */
function residentMib(launcherPid: number): number {
  const [pid] = childrenOf(launcherPid);
  assert(pid !== undefined, 'the launcher has started the program');
  const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}
