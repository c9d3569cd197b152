import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import { type Blow, drawBlow, type FaultName, faultOn, impossible } from './faults.ts';
import { readJournal } from './journal.ts';
import { judge, type Verdict } from './judge.ts';
import { AT_REST } from './setup.ts';
import { openStage, type Stage, type StageSize } from './stage.ts';

export interface FireOptions extends StageSize {
  readonly seed: string;
  /** How long blows are drawn, in seconds, or which fall one after the other. */
  readonly blows: { readonly seconds: number } | readonly Sample[];
  readonly say: (line: string) => void;
}

export interface Sample {
  readonly faults: readonly FaultName[];
  readonly seconds: number;
}

export interface Recovery {
  readonly faults: string;
  /** How long the parts were away. */
  readonly away: number;
  /** From the moment when all parts were up again until the hub had acknowledged everything that was made before it, in seconds. */
  readonly recovered: number;
}

export interface FireReport extends Verdict {
  readonly recoveries: readonly Recovery[];
  /** What this machine does not let happen. */
  readonly impossible: readonly FaultName[];
}

/** After this, in seconds, a fleet that is not through with what it had is one that waits for ever. */
const PATIENCE = 240;
/** Quiet between two blows that are drawn: customers come, and the next blow meets parts at work. */
const BETWEEN_MS = 1500;
/** What a pair of terminals tells of one (`terminal-process.ts`). */
const EVENTS_OF_A_CUSTOMER = 6;

/** Sets a shop of real parts on fire, lets it heal, and judges it. */
export async function setOnFire(options: FireOptions): Promise<FireReport> {
  const { say } = options;
  const random = seededRandom(`fire ${options.seed}`);
  const opening = performance.now();
  const stage = await openStage(options);
  try {
    say(
      `seed ${options.seed}: ${stage.terminals.length} terminals in ${stage.edges.length} processes, 2 hubs, PostgreSQL and Mosquitto, up after ${seconds(opening)} s`,
    );
    for (const name of impossible(stage))
      say(`NOT POSSIBLE HERE: ${name} (a small disk has to be mounted, as root); everything else is tried`);
    const recoveries: Recovery[] = [];
    const late: string[] = [];
    const quiet = () =>
      'seconds' in options.blows ? pause(BETWEEN_MS) : customers(stage, stage.terminals.length / 2 + 1);
    for (const blow of blowsOf(stage, options, random)) {
      await quiet();
      const { recovery, waiting } = await survive(stage, blow);
      recoveries.push(recovery);
      say(`${recovery.faults}: away ${recovery.away} s, recovered ${recovery.recovered} s after its return`);
      if (waiting.length > 0) {
        late.push(
          `${recovery.faults}: after ${PATIENCE} s not acknowledged: ${waiting.slice(0, 5).join(', ')}`,
        );
        break;
      }
    }
    await quiet();
    for (const edge of stage.edges) edge.signal('SIGUSR2');
    const settling = performance.now();
    late.push(...(await served(stage)).map((who) => `still serves a customer: ${who}`));
    late.push(...(await acknowledged(stage, lastOf(stage))).map((who) => `never acknowledged: ${who}`));
    say(`everything acknowledged ${seconds(settling)} s after the last customer`);
    await Promise.all(stage.edges.map((edge) => edge.end('SIGTERM')));
    const verdict = await judge(stage);
    const violations = [...late, ...verdict.violations];
    if (violations.length > 0)
      for (const part of [...stage.hubs, ...stage.edges])
        for (const line of part.errors().slice(0, 5)) say(`${part.name}: ${line.slice(0, 400)}`);
    return { ...verdict, violations, recoveries, impossible: impossible(stage) };
  } finally {
    await stage.stop();
  }
}

function* blowsOf(
  stage: Stage,
  { blows }: FireOptions,
  random: ReturnType<typeof seededRandom>,
): Generator<Blow> {
  if ('seconds' in blows) {
    const began = performance.now();
    const left: FaultName[] = [];
    while (performance.now() - began < blows.seconds * 1000) yield drawBlow(stage, random, left);
    return;
  }
  const not = impossible(stage);
  for (const { faults, seconds } of blows)
    yield {
      seconds,
      faults: faults.filter((name) => !not.includes(name)).map((name) => faultOn(stage, random, name)),
    };
}

async function survive(stage: Stage, blow: Blow): Promise<{ recovery: Recovery; waiting: string[] }> {
  const faults = blow.faults.map(({ name }) => name).join(' + ');
  const struck = performance.now();
  await Promise.all(blow.faults.map((fault) => fault.strike()));
  await pause(blow.seconds * 1000);
  // At once: what cannot start yet without another part tries again, as under a supervisor.
  await Promise.all(blow.faults.map((fault) => fault.heal()));
  const away = seconds(struck);
  const healed = performance.now();
  const waiting = await acknowledged(stage, lastOf(stage));
  return { recovery: { faults, away, recovered: seconds(healed) }, waiting };
}

/** By terminal and lane: the last event made. */
type Marks = ReadonlyMap<string, readonly [number, number]>;

const lastOf = (stage: Stage): Marks =>
  new Map(
    stage.terminals.map((terminalId) => {
      const { made } = readJournal(stage.journalOf(terminalId));
      return [terminalId, [lastKey(made[0]), lastKey(made[1])]];
    }),
  );
const lastKey = (map: ReadonlyMap<number, string>): number => [...map.keys()].at(-1) ?? -1;

/** Waits until the hub has acknowledged everything up to the marks; answers who still waits when the patience is over. */
async function acknowledged(stage: Stage, marks: Marks): Promise<string[]> {
  const began = performance.now();
  for (;;) {
    const waiting = [...marks].filter(([terminalId, [first, second]]) => {
      const { acknowledged: up } = readJournal(stage.journalOf(terminalId));
      return up[0] < first || up[1] < second;
    });
    if (waiting.length === 0) return [];
    if (performance.now() - began > PATIENCE * 1000) return waiting.map(([terminalId]) => terminalId);
    await pause(250);
  }
}

/** Waits until so many customers came, however long a busy machine takes for one. */
async function customers(stage: Stage, many: number): Promise<void> {
  const told = (): number =>
    stage.terminals.reduce((sum, terminalId) => {
      const { made } = readJournal(stage.journalOf(terminalId));
      return sum + made[0].size + made[1].size;
    }, 0);
  const began = performance.now();
  const wanted = told() + many * EVENTS_OF_A_CUSTOMER;
  while (told() < wanted && performance.now() - began < PATIENCE * 1000) await pause(50);
}

/** Waits until the customers who are being served have gone; answers where one still is when the patience is over. */
async function served(stage: Stage): Promise<string[]> {
  const began = performance.now();
  for (;;) {
    const busy = stage.terminals.filter((one) => !existsSync(join(dirname(stage.journalOf(one)), AT_REST)));
    if (busy.length === 0 || performance.now() - began > PATIENCE * 1000) return busy;
    await pause(50);
  }
}

const seconds = (since: number): number => Math.round((performance.now() - since) / 100) / 10;
