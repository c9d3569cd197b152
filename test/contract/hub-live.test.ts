import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { type ConsoleHub, openConsoleHub } from '#test/screens/console-hub.ts';
import { NOW } from '#test/screens/demo-titles.ts';

/** The stream by which open pages of the console hear what changed. */
let hub: ConsoleHub;
beforeAll(async () => {
  hub = await openConsoleHub();
});
afterAll(() => hub?.stop());

interface Told {
  readonly parts: readonly string[];
  readonly position: string;
}
const ask = (path: string, signal: AbortSignal | null = null) =>
  fetch(`${hub.address}/api/v1${path}`, {
    headers: { cookie: `${hub.cookie.name}=${hub.cookie.value}` },
    signal,
  });

/** The first event of a stream, whose page goes away then; or the first of a kind. */
async function heard(since: string, event = 'hello', meanwhile = async () => {}): Promise<Told> {
  const gone = new AbortController();
  const answer = await ask(`/live?${new URLSearchParams({ since })}`, gone.signal);
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const until = async (sign: string) => {
    while (!text.includes(sign)) text += (await reader?.read())?.value ?? '';
  };
  await until('event: hello');
  await meanwhile();
  await until(`event: ${event}`);
  await until('\n\n');
  gone.abort();
  return JSON.parse(new RegExp(`event: ${event}\ndata: (.*)`).exec(text)?.[1] ?? '') as Told;
}
let raised = 0;
async function alertRaised(): Promise<void> {
  raised += 1;
  await hub.stores.alerts.raise(
    `told-${raised}`,
    {
      ...{ code: 'messages_dropped', subject: `${raised}`, severity: 'warning', message: 'It did not read.' },
      ...{ terminalId: 'kiosk-window' as TerminalId, rentalId: null },
    },
    epochMs(NOW + raised),
  );
  // The hub asks for its pulse once a beat.
  await hub.goOn(1000);
}

it('FLT-1, SCR-4: a greeting names what changed since the session was asked for, or since a page was last told', async () => {
  const { pulse } = (await (await ask('/session')).json()) as { pulse: string };
  expect((await heard(pulse)).parts).toEqual([]);
  await alertRaised();
  const told = await heard(pulse);
  expect(told.parts).toEqual(['alerts']);
  expect((await heard(told.position)).parts).toEqual([]);

  const changed = await heard(told.position, 'changed', alertRaised);
  expect(changed.parts).toEqual(['alerts']);
  expect((await heard(changed.position)).parts).toEqual([]);
  expect((await heard(told.position)).parts).toEqual(['alerts']);
});

it('FLT-1: whoever says nothing of where it stands, or what is nothing here, is told that everything changed', async () => {
  const all = ['fleet', 'rentals', 'ledger', 'alerts', 'deadLetters', 'catalogue'];
  for (const since of ['', 'of-another-version', '....', 'fleet-.rentals-'])
    expect((await heard(since)).parts).toEqual(all);
  expect((await heard('x'.repeat(4000))).parts).toEqual(all);
});
