import { type Fault, ok, type Result } from '#shared/kernel/result.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { TerminalRuntime } from './terminal.ts';

/** What the shell must see of a session's state. `session` tells one customer's answers from the next one's. */
export interface ShellState {
  readonly session: number;
  readonly screen: string;
  /** Seconds until the session ends by itself, while the customer is asked; null: not asked. */
  readonly idleSeconds: number | null;
}

/** What the shell itself tells the reducer. */
export type ShellEvent<Intent> =
  | { readonly type: 'intent'; readonly intent: Intent }
  | { readonly type: 'idle'; readonly secondsLeft: number }
  /** The program ends (OPS-1). `last`: what was under way is over, whoever is there has seen its end. */
  | { readonly type: 'closing'; readonly last: boolean };

/** A kind of terminal's own session: pure reducer, and what its effects do. */
export interface ShellParts<State, Intent, Event, Effect> {
  readonly runtime: Pick<TerminalRuntime, 'clock' | 'log' | 'config'>;
  readonly first: State;
  reduce(
    state: State,
    event: Event | ShellEvent<Intent>,
  ): { readonly state: State; readonly effects: readonly Effect[] };
  /** False while something is under way that the customer waits for (SCR-7). */
  mayTimeOut(state: State): boolean;
  /** True where a customer's session begins: its length is counted from here. */
  begins(before: State, after: State): boolean;
  /** What a customer may still do while the program ends: leave, read, take paper along. Everything else is not begun (OPS-1). */
  readonly whileClosing: ReadonlySet<string>;
  /** True where a customer is shown what became of it all: a program that ends leaves time to read it. */
  lingers(state: State): boolean;
  /** Carries an effect out. What it answers is dropped when the customer it belongs to has left. Whatever it throws is a bug. */
  perform(effect: Effect, answer: (event: Event) => void): Promise<void>;
}

export interface SessionShell<State, Intent, Event> {
  state(): State;
  /** The state of a terminal that starts: nobody is there. */
  begin(state: State): void;
  dispatch(event: Event | ShellEvent<Intent>): void;
  /** Tells the page that something it shows has changed outside the state. */
  publish(): void;
  /** Work in the background that `stop` waits for. */
  track(work: Promise<void>): void;
  /** True while effects or other tracked work run. */
  working(): boolean;
  /** Whole seconds since the customer's session began. */
  seconds(): number;
  subscribe(listener: () => void): () => void;
  intent(intent: Intent): Promise<Result<void, Fault>>;
  /** OPS-1: begins nothing more, and ends when what was under way is over and its end has been seen, at most `LINGER` long. */
  close(): Promise<void>;
  /** No more time-outs and intents; ends when all work has ended. */
  stop(): Promise<void>;
}

/** How long a receipt stays on the screen of a program that ends. */
export const LINGER = milliseconds(20_000);

/** Seconds for which the customer is asked before a session ends by itself (SCR-7). */
export const IDLE_WARNING_SECONDS = 15;

/** The question whether somebody is still there, as the page shows it. */
export const idleShown = ({ idleSeconds }: Pick<ShellState, 'idleSeconds'>) =>
  idleSeconds === null ? null : { secondsLeft: idleSeconds, seconds: IDLE_WARNING_SECONDS };

/** What the sessions of kiosk and return terminal have around their reducers: effects, answers, time-out, listeners. */
export function sessionShell<
  State extends ShellState,
  Intent extends string | { readonly type: string },
  Event extends { readonly type: string },
  Effect extends { readonly type: string },
>(parts: ShellParts<State, Intent, Event, Effect>): SessionShell<State, Intent, Event> {
  const { runtime } = parts;
  const { clock, log } = runtime;
  const listeners = new Set<() => void>();
  const running = new Set<Promise<void>>();
  let state = parts.first;
  let began = clock.monotonic();
  let cancelIdle: () => void = () => {};
  /** The last session that the log has. */
  let noted: number | null = null;
  /** Why intents wait for nobody: the program ends after its work, or has ended. */
  let phase: 'open' | 'closing' | 'stopped' = 'open';

  const publish = (): void => {
    for (const listener of listeners) listener();
  };

  function dispatch(event: Event | ShellEvent<Intent>): void {
    const before = state;
    const step = parts.reduce(state, event);
    state = step.state;
    if (parts.begins(before, state)) begin();
    if (event.type !== 'idle' || state.session !== before.session) watchIdle(before, event);
    for (const effect of step.effects) run(effect);
    if (state !== before) publish();
  }

  function begin(): void {
    began = clock.monotonic();
    if (noted === state.session) return;
    noted = state.session;
    log.info({ session: noted }, 'a session begins');
  }

  /** Only what the customer does, or a new screen, keeps a session awake; progress and hub answers do not. */
  function watchIdle(before: State, event: { readonly type: string }): void {
    const woken =
      event.type === 'intent' ||
      state.screen !== before.screen ||
      parts.mayTimeOut(state) !== parts.mayTimeOut(before);
    if (!woken) return;
    cancelIdle();
    if (!parts.mayTimeOut(state)) return;
    const quiet = Math.max(1, runtime.config().sessionIdleSeconds - IDLE_WARNING_SECONDS);
    cancelIdle = clock.after(milliseconds(quiet * 1000), () => countDown(IDLE_WARNING_SECONDS));
  }

  function countDown(left: number): void {
    dispatch({ type: 'idle', secondsLeft: left });
    if (left === 0 || state.idleSeconds === null) return;
    cancelIdle = clock.after(milliseconds(1000), () => countDown(left - 1));
  }

  function run(effect: Effect): void {
    const { session } = state;
    const answer = (event: Event): void => {
      if (state.session === session) dispatch(event);
    };
    track(
      parts.perform(effect, answer).catch((cause: unknown) => {
        log.error({ effect: effect.type, cause: String(cause) }, 'a step of the session broke');
        throw cause;
      }),
    );
  }

  function track(work: Promise<void>): void {
    const noted = work.finally(() => running.delete(noted));
    running.add(noted);
  }

  /** Work may begin work: an answer's effects count as well. */
  async function workOver(): Promise<void> {
    while (running.size > 0) await Promise.allSettled([...running]);
  }

  function lingered(): Promise<void> {
    if (!parts.lingers(state)) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        listeners.delete(look);
        cancel();
        resolve();
      };
      const look = (): void => {
        if (!parts.lingers(state)) done();
      };
      const cancel = clock.after(LINGER, done);
      listeners.add(look);
    });
  }

  function admitted(intent: Intent): boolean {
    if (phase === 'open') return true;
    return phase === 'closing' && parts.whileClosing.has(typeof intent === 'string' ? intent : intent.type);
  }

  return {
    state: () => state,
    begin: (first) => {
      state = first;
    },
    dispatch,
    publish,
    track,
    working: () => running.size > 0,
    seconds: () => Math.max(0, Math.round((clock.monotonic() - began) / 1000)),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    intent: async (intent) => {
      if (admitted(intent)) dispatch({ type: 'intent', intent });
      return ok(undefined);
    },
    close: async () => {
      phase = 'closing';
      dispatch({ type: 'closing', last: false });
      await workOver();
      await lingered();
      dispatch({ type: 'closing', last: true });
      await workOver();
    },
    stop: async () => {
      phase = 'stopped';
      cancelIdle();
      await workOver();
      listeners.clear();
    },
  };
}
