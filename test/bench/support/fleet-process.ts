import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { z } from 'zod';
import { programEntry } from '#shared/toolchain/assets.ts';
import {
  type FleetOrder,
  fleetOrder,
  fleetSetup,
  type HubSetup,
  type TerminalsSetup,
} from './fleet-words.ts';

/** A process of the benchmark: told once what it is, then answers one order after the other. */
export interface Answering {
  readonly first: object;
  answer(order: FleetOrder): Promise<object>;
  end(): Promise<void>;
}

/** The other end of `startFleetProcess`: this process is what its first message says, until it is told to end. */
export async function beFleetProcess(
  become: (setup: HubSetup | TerminalsSetup) => Promise<Answering>,
): Promise<void> {
  const say = (message: object): void => {
    process.send?.(message);
  };
  process.channel?.ref();
  const [told] = await once(process, 'message');
  const being = await become(fleetSetup.parse(told));
  const ended = new Promise<void>((resolve, reject) => {
    process.on('disconnect', resolve);
    process.on('message', (message) => {
      const order = fleetOrder.parse(message);
      if (order.order === 'end') resolve();
      else being.answer(order).then(say, reject);
    });
  });
  say(being.first);
  await ended;
  await being.end();
  process.exit(0);
}

export interface FleetProcess {
  readonly first: unknown;
  ask<T>(order: FleetOrder, shape: z.ZodType<T>): Promise<T>;
  end(): Promise<void>;
}

/** Starts a part of the fleet. */
export async function startFleetProcess(setup: HubSetup | TerminalsSetup): Promise<FleetProcess> {
  const child = fork(programEntry('bench-fleet'), {
    execArgv: ['--enable-source-maps'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const heard = () => nextMessage(child);
  child.send(setup);
  return {
    first: await heard(),
    async ask(order, shape) {
      const answer = heard();
      child.send(order);
      return shape.parse(await answer);
    },
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.send({ order: 'end' } satisfies FleetOrder);
      await exited;
    },
  };
}

function nextMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const gone = (code: number | null): void => reject(new Error(`a part of the fleet ended with ${code}`));
    child.once('exit', gone);
    child.once('message', (message) => {
      child.off('exit', gone);
      resolve(message);
    });
  });
}
