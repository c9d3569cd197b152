import { describe, expect, it } from 'vitest';
import { simulatedClock } from '#firmware-sim/sim/clock.ts';
import { epochMs, milliseconds } from '#shared/kernel/time.ts';
import { silentLog } from '#shared/ports/log.ts';
import type { TerminalConfig } from '#shared/protocol/commands.ts';
import { idleShown, LINGER, sessionShell } from './session-shell.ts';

interface State {
  readonly session: number;
  readonly screen: 'home' | 'open' | 'busy';
  readonly idleSeconds: number | null;
  readonly note: string;
}
type Event = { readonly type: 'answer'; readonly text: string };
type Intent = 'begin' | 'ask' | 'work' | 'end';
const HOME: State = { session: 0, screen: 'home', idleSeconds: null, note: '' };

function aShell(seconds = 60, text = 'of an earlier customer') {
  const clock = simulatedClock(epochMs(1_790_000_000_000));
  const answers: (() => void)[] = [];
  const shell = sessionShell<State, Intent, Event, { readonly type: 'ask' }>({
    runtime: { clock, log: silentLog, config: () => ({ sessionIdleSeconds: seconds }) as TerminalConfig },
    first: HOME,
    mayTimeOut: ({ screen }) => screen === 'open',
    whileClosing: new Set(['end']),
    lingers: ({ note }) => note === 'a receipt',
    begins: (before, after) => before.screen === 'home' && after.screen !== 'home',
    reduce: (state, event) => {
      if (event.type === 'idle')
        return event.secondsLeft > 0
          ? { state: { ...state, idleSeconds: event.secondsLeft }, effects: [] }
          : { state: { ...HOME, session: state.session + 1 }, effects: [] };
      if (event.type === 'closing') {
        const over = event.last && state.screen !== 'home';
        return { state: over ? { ...HOME, session: state.session + 1 } : state, effects: [] };
      }
      if (event.type === 'answer') return { state: { ...state, note: event.text }, effects: [] };
      const awake = { ...state, idleSeconds: null };
      if (event.intent === 'end') return { state: { ...HOME, session: state.session + 1 }, effects: [] };
      if (event.intent === 'ask') return { state: awake, effects: [{ type: 'ask' }] };
      return { state: { ...awake, screen: event.intent === 'work' ? 'busy' : 'open' }, effects: [] };
    },
    perform: async (_effect, answer) => {
      await new Promise<void>((resolve) => answers.push(resolve));
      answer({ type: 'answer', text });
    },
  });
  const pass = (ms: number) => clock.advance(milliseconds(ms));
  return { shell, pass, answers };
}

describe('what every terminal’s session has around its reducer', () => {
  it('SCR-7: a quiet session is asked with a countdown, one tap gives more time, silence ends it', async () => {
    const { shell, pass } = aShell();
    await shell.intent('begin');
    await pass(45_000);
    expect(idleShown(shell.state())).toEqual({ secondsLeft: 15, seconds: 15 });
    await pass(5_000);
    expect(shell.state().idleSeconds).toBe(10);
    await shell.intent('begin');
    expect(idleShown(shell.state())).toBeNull();
    await pass(59_000);
    expect(shell.state().idleSeconds).toBe(1);
    await pass(1_000);
    expect(shell.state()).toEqual({ ...HOME, session: 1 });
  });

  it('SCR-7: nobody is asked while work is under way', async () => {
    const { shell, pass } = aShell();
    await shell.intent('begin');
    await shell.intent('work');
    await pass(600_000);
    expect(shell.state()).toMatchObject({ session: 0, screen: 'busy', idleSeconds: null });
    expect(shell.seconds()).toBe(600);
  });

  it('SCR-7: an answer that belongs to a customer who has left is dropped; the stop waits for it', async () => {
    const { shell, answers } = aShell();
    await shell.intent('begin');
    await shell.intent('ask');
    await shell.intent('end');
    expect(shell.working()).toBe(true);
    const stopped = shell.stop();
    for (const answer of answers) answer();
    await stopped;
    expect(shell.state().note).toBe('');
    expect(shell.working()).toBe(false);
  });

  it('OPS-1: a closing session begins nothing, waits for what runs, lets its end be read, then nobody is there', async () => {
    const { shell, pass, answers } = aShell(600, 'a receipt');
    await shell.intent('begin');
    await shell.intent('ask');
    let closed = false;
    const closing = shell.close().then(() => {
      closed = true;
    });
    await shell.intent('ask');
    expect(answers).toHaveLength(1);
    answers[0]?.();
    await pass(LINGER - 1);
    expect(shell.state()).toMatchObject({ session: 0, note: 'a receipt' });
    expect(closed).toBe(false);
    await pass(1);
    await closing;
    expect(shell.state()).toEqual({ ...HOME, session: 1 });
  });

  it('OPS-1: who has seen enough is not waited for', async () => {
    const { shell, answers } = aShell(600, 'a receipt');
    await shell.intent('begin');
    await shell.intent('ask');
    const closing = shell.close();
    answers[0]?.();
    await Promise.resolve();
    await Promise.resolve();
    await shell.intent('end');
    await closing;
    expect(shell.state()).toEqual({ ...HOME, session: 1 });
  });
});
