import { describe, expect, it } from 'vitest';
import { simulatedClock } from '#firmware-sim/sim/clock.ts';
import { epochMs, milliseconds } from '#shared/kernel/time.ts';
import { silentLog } from '#shared/ports/log.ts';
import type { TerminalConfig } from '#shared/protocol/commands.ts';
import { idleShown, sessionShell } from './session-shell.ts';

interface State {
  readonly session: number;
  readonly screen: 'home' | 'open' | 'busy';
  readonly idleSeconds: number | null;
  readonly note: string;
}
type Event = { readonly type: 'answer'; readonly text: string };
type Intent = 'begin' | 'ask' | 'work' | 'end';
const HOME: State = { session: 0, screen: 'home', idleSeconds: null, note: '' };

function aShell(seconds = 60) {
  const clock = simulatedClock(epochMs(1_790_000_000_000));
  const answers: (() => void)[] = [];
  const shell = sessionShell<State, Intent, Event, { readonly type: 'ask' }>({
    runtime: { clock, log: silentLog, config: () => ({ sessionIdleSeconds: seconds }) as TerminalConfig },
    first: HOME,
    mayTimeOut: ({ screen }) => screen === 'open',
    begins: (before, after) => before.screen === 'home' && after.screen !== 'home',
    reduce: (state, event) => {
      if (event.type === 'idle')
        return event.secondsLeft > 0
          ? { state: { ...state, idleSeconds: event.secondsLeft }, effects: [] }
          : { state: { ...HOME, session: state.session + 1 }, effects: [] };
      if (event.type === 'answer') return { state: { ...state, note: event.text }, effects: [] };
      const awake = { ...state, idleSeconds: null };
      if (event.intent === 'end') return { state: { ...HOME, session: state.session + 1 }, effects: [] };
      if (event.intent === 'ask') return { state: awake, effects: [{ type: 'ask' }] };
      return { state: { ...awake, screen: event.intent === 'work' ? 'busy' : 'open' }, effects: [] };
    },
    perform: async (_effect, answer) => {
      await new Promise<void>((resolve) => answers.push(resolve));
      answer({ type: 'answer', text: 'of an earlier customer' });
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
});
