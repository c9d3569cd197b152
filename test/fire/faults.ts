import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '#shared/ports/random.ts';
import type { Part, Stage } from './stage.ts';

/** What befalls one part. `heal` brings it back; both may take as long as the part needs. */
export interface Fault {
  readonly name: string;
  strike(): Promise<void>;
  heal(): Promise<void>;
}

/** Several at a time, for so many seconds. */
export interface Blow {
  readonly faults: readonly Fault[];
  readonly seconds: number;
}

export const FAULTS = [
  'database killed',
  'connection killed',
  'database paused',
  'database restarted',
  'database disk full',
  'broker killed',
  'broker paused',
  'broker restarted',
  'broker disk full',
  'hub killed',
  'hub paused',
  'hub restarted',
  'terminals killed',
  'terminals paused',
] as const;
export type FaultName = (typeof FAULTS)[number];

/** What cannot happen here, because this machine mounts no small disk. */
export const impossible = (stage: Stage): readonly FaultName[] =>
  FAULTS.filter(
    (name) =>
      (name === 'database disk full' && stage.databaseDisk === null) ||
      (name === 'broker disk full' && stage.brokerDisk === null),
  );

/** The part that a fault befalls: two of one part do not come together. */
const partOf = (name: FaultName): string => name.split(' ')[0]?.replace('connection', 'database') ?? name;

/** A lease lasts 15 s: who is paused for longer comes back without it and must notice. */
const BEYOND_A_LEASE = 18;

/** One to three faults of different parts; each name comes once before any comes again. */
export function drawBlow(stage: Stage, random: Random, left: FaultName[]): Blow {
  const names: FaultName[] = [];
  const many = 1 + random.below(3);
  while (names.length < many) {
    if (left.length === 0) left.push(...FAULTS.filter((name) => !impossible(stage).includes(name)));
    const free = left.filter((name) => names.every((other) => partOf(other) !== partOf(name)));
    const name = free[random.below(Math.max(1, free.length))];
    if (name === undefined) break;
    left.splice(left.indexOf(name), 1);
    names.push(name);
  }
  const long = names.includes('hub paused') || random.below(6) === 0;
  return {
    faults: names.map((name) => faultOn(stage, random, name)),
    seconds: long ? BEYOND_A_LEASE : 1 + random.below(6),
  };
}

export function faultOn(stage: Stage, random: Random, name: FaultName): Fault {
  const { cluster, broker, databaseDisk, brokerDisk, sql } = stage;
  const any = (parts: readonly Part[]): Part => parts[random.below(parts.length)] as Part;
  const hub = any(stage.hubs);
  const edge = any(stage.edges);
  const fault = (strike: () => unknown, heal: () => unknown): Fault => ({
    name: name.startsWith('hub') ? `${name} (${hub.name})` : name,
    strike: async () => void (await strike()),
    heal: async () => void (await heal()),
  });
  const restarted = (part: Part, signal: NodeJS.Signals): Fault =>
    fault(
      () => part.end(signal),
      () => part.start(),
    );
  const paused = (part: Part): Fault =>
    fault(
      () => part.signal('SIGSTOP'),
      () => part.signal('SIGCONT'),
    );
  switch (name) {
    case 'database killed':
      return fault(cluster.kill, cluster.start);
    case 'connection killed':
      // PostgreSQL ends all others with it and recovers by itself.
      return fault(async () => {
        const rows = await sql<{ pid: number }[]>`
          select pid from pg_stat_activity where application_name = 'keyturn-hub' order by state desc limit 1`;
        if (rows[0] !== undefined) process.kill(rows[0].pid, 'SIGKILL');
      }, Boolean);
    case 'database paused':
      return fault(cluster.freeze, cluster.thaw);
    case 'database restarted':
      return fault(cluster.shutDown, cluster.start);
    case 'database disk full':
      return fault(
        () => databaseDisk?.fill(),
        async () => {
          databaseDisk?.free();
          if (!cluster.running()) await cluster.start();
        },
      );
    case 'broker killed':
      return fault(broker.crash, broker.start);
    case 'broker paused':
      return fault(broker.freeze, broker.thaw);
    case 'broker restarted':
      return fault(broker.stop, broker.start);
    case 'broker disk full':
      return fault(
        () => brokerDisk?.fill(),
        async () => {
          // What it half wrote must not be what it starts from.
          await broker.crash();
          brokerDisk?.free();
          await broker.start().catch(async () => {
            rmSync(join(brokerDisk?.folder ?? '', 'data', 'mosquitto.db'), { force: true });
            await broker.start();
          });
        },
      );
    case 'hub killed':
      return restarted(hub, 'SIGKILL');
    case 'hub restarted':
      return restarted(hub, 'SIGTERM');
    case 'hub paused':
      return paused(hub);
    case 'terminals killed':
      return restarted(edge, 'SIGKILL');
    case 'terminals paused':
      return paused(edge);
  }
}
