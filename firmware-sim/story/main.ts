import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import { Chronicle } from './chronicle.ts';
import { type OwnFleet, STAFF, startOwnFleet } from './own-fleet.ts';
import { openShop } from './shop.ts';
import type { Stage } from './stage.ts';
import { tell } from './story.ts';

interface Options {
  readonly file: string;
  readonly days: number;
  readonly keep?: string;
  readonly hub?: string;
  readonly kiosk?: string;
  readonly returnTerminal?: string;
  readonly player?: string;
  readonly medium?: string;
  readonly staff: string;
}

const MEDIUM = 'story-stick';

const program = new Command('story')
  .description(
    'Rents, plays and returns any file, with figures at every step; exits with 1 when a promise does not hold.',
  )
  .requiredOption('--file <path>', 'the file to rent, of any size')
  .option(
    '--days <n>',
    'whole days between renting and returning, moved on at once (own fleet only)',
    wholeDays,
    0,
  )
  .option('--keep <dir>', "leaves the medium before and after the return and the player's key there")
  .option('--hub <url>', 'a running hub; without it the story starts a fleet of its own')
  .option('--kiosk <url>', 'the running kiosk')
  .option('--return-terminal <url>', 'the running return terminal')
  .option('--player <url>', 'the running player')
  .option('--medium <dir>', 'the mounted medium that the running programs use (their KEYTURN_MEDIA)')
  .option(
    '--staff <name>',
    'staff account at the running hub; its password comes from KEYTURN_STAFF_PASSWORD',
    'admin',
  )
  .addHelpText('after', '\nAn own fleet takes DATABASE_URL (PostgreSQL) from the environment, else PGlite.')
  .parse(process.argv);
process.exitCode = (await run(program.opts<Options>())) ? 0 : 1;
// Libraries keep sockets open for a moment; the story is over.
process.exit();

async function run(options: Options): Promise<boolean> {
  const chronicle = new Chronicle((line) => process.stdout.write(`${line}\n`));
  const file = resolve(process.env.INIT_CWD ?? process.cwd(), options.file);
  const facts = await stat(file).catch(() => null);
  if (facts === null || !facts.isFile()) {
    process.stderr.write(`--file: there is no file ${options.file}\n`);
    return false;
  }
  const keep =
    options.keep === undefined ? null : resolve(process.env.INIT_CWD ?? process.cwd(), options.keep);
  let stage: Stage | null = null;
  try {
    stage =
      options.hub === undefined ? await ownStage(chronicle) : runningStage(options, options.hub, chronicle);
    await tell(stage, { file, bytes: facts.size, days: options.days, keep }, chronicle);
  } catch (error) {
    chronicle.promise(false, error instanceof Error ? error.message : String(error));
  } finally {
    await stage?.close();
  }
  return chronicle.end();
}

async function ownStage(chronicle: Chronicle): Promise<Stage> {
  chronicle.step('A fleet of its own');
  const folder = await mkdtemp(join(process.env.STORY_HOME ?? tmpdir(), 'keyturn-story-'));
  const databaseUrl = process.env.DATABASE_URL || null;
  const fleet = await startOwnFleet(
    { folder, databaseUrl, broker: null, ui: null, logLevel: 'silent' },
    openShop,
  );
  chronicle.say('hub', `${fleet.hubUrl}, ${databaseUrl === null ? 'PGlite' : 'PostgreSQL'}, embedded broker`);
  chronicle.say('wire', `${fleet.terminalsUrl}, mutual TLS 1.3`);
  chronicle.say('kiosk', fleet.kiosk.address());
  chronicle.say('return terminal', fleet.returnTerminal.address());
  chronicle.say('player', fleet.playerUrl);
  return stageOf(fleet, folder);
}

function stageOf(fleet: OwnFleet, folder: string): Stage {
  return {
    hubUrl: fleet.hubUrl,
    kioskUrl: fleet.kiosk.address(),
    returnTerminalUrl: fleet.returnTerminal.address(),
    playerUrl: fleet.playerUrl,
    staff: STAFF,
    clock: systemClock,
    mediumFolder: fleet.mediumFolder(MEDIUM),
    playerIdentity: async () => {
      const memory: unknown = JSON.parse(await readFile(join(folder, 'player', 'player.json'), 'utf8'));
      return typeof memory === 'object' && memory !== null && 'identity' in memory
        ? String(memory.identity)
        : null;
    },
    insert: (place) => fleet.insert(MEDIUM, place),
    take: async () => {
      for (const place of ['kiosk', 'return-terminal', 'player'] as const) fleet.pull(place);
    },
    pass: async (duration) => {
      const moved = fleet.clock.forward(duration);
      if (!moved.ok) throw new Error(moved.error.message);
    },
    refresh: async () => {
      await fleet.kiosk.runtime.refreshBundle();
      await fleet.returnTerminal.runtime.refreshBundle();
    },
    close: async () => {
      await fleet.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function runningStage(options: Options, hubUrl: string, chronicle: Chronicle): Stage {
  const { kiosk, returnTerminal, medium, player } = options;
  const password = process.env.KEYTURN_STAFF_PASSWORD;
  if (kiosk === undefined || returnTerminal === undefined || medium === undefined || password === undefined)
    throw new Error('a running fleet needs --kiosk, --return-terminal, --medium and KEYTURN_STAFF_PASSWORD');
  chronicle.step('A running fleet');
  for (const [label, url] of Object.entries({ hub: hubUrl, kiosk, 'return terminal': returnTerminal }))
    chronicle.say(label, url);
  return {
    hubUrl,
    kioskUrl: kiosk,
    returnTerminalUrl: returnTerminal,
    playerUrl: player ?? null,
    staff: { name: options.staff, password },
    clock: systemClock,
    mediumFolder: resolve(medium),
    playerIdentity: async () => null,
    // All programs look at the same mounted folder: the medium is in every drive at once.
    insert: async () => {},
    take: async () => {},
    pass: null,
    refresh: async () => {},
    close: async () => {},
  };
}

function wholeDays(text: string): number {
  const days = Number(text);
  if (!Number.isInteger(days) || days < 0 || days > 60)
    throw new InvalidArgumentError('a whole number of days from 0 to 60');
  return days;
}
