import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { SeenTerminal } from './world.ts';

/** A terminal's program as its composition root makes it. */
export interface DemoProgram {
  readonly session: { busy(): boolean };
  readonly runtime: { online(): boolean };
  start(): Promise<void>;
  stop(): Promise<void>;
  address(): string;
}

export interface Supervised {
  address(): string;
  readonly seen: Pick<SeenTerminal, 'online' | 'busy'>;
  stop(): Promise<void>;
}

/**
 * Starts a program and starts it again when it asks for that (the hub's order `restart`), as a supervisor of processes does. `make` opens
 * everything afresh. Faults: those of `make`, `program_not_started`.
 */
export async function superviseProgram(
  clock: Pick<Clock, 'after'>,
  make: (restart: () => void) => Promise<Result<DemoProgram, Fault>>,
): Promise<Result<Supervised, Fault>> {
  let current: DemoProgram | null = null;
  let turn: Promise<unknown> = Promise.resolve();
  let stopped = false;

  const begin = async (): Promise<Result<void, Fault>> => {
    const made = await make(restart);
    if (!made.ok) return made;
    try {
      await made.value.start();
    } catch (error) {
      await made.value.stop().catch(() => undefined);
      return fault('program_not_started', error instanceof Error ? error.message : String(error));
    }
    current = made.value;
    return ok(undefined);
  };
  const end = async (): Promise<void> => {
    const ending = current;
    current = null;
    await ending?.stop();
  };
  // Later, since whoever asks is a part of the program that is to end.
  const restart = (): void => {
    clock.after(milliseconds(0), () => {
      turn = turn.then(async () => {
        if (stopped) return;
        await end();
        await begin();
      });
    });
  };

  const begun = await begin();
  if (!begun.ok) return begun;
  const address = current === null ? '' : (current as DemoProgram).address();
  return ok({
    address: () => address,
    seen: {
      online: () => current?.runtime.online() ?? false,
      busy: () => current?.session.busy() ?? false,
    },
    stop: async () => {
      stopped = true;
      await turn;
      await end();
    },
  });
}
