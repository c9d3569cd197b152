import { expect, it } from 'vitest';
import { createSession } from './session.ts';

/** A page's session whose intents the test answers, one by one. */
function aSession() {
  const posted: { readonly intent: string; readonly answer: (answer: Response | Error) => void }[] = [];
  const session = createSession<null, string>({
    address: '.',
    after: () => {},
    events: () => ({ addEventListener: () => {}, close: () => {} }) as unknown as EventSource,
    fetch: (_, init) =>
      new Promise((resolve, reject) => {
        posted.push({
          intent: JSON.parse(String(init?.body)) as string,
          answer: (answer) => (answer instanceof Error ? reject(answer) : resolve(answer)),
        });
      }),
    reload: () => {},
  });
  const settled = () => new Promise((done) => setImmediate(done));
  return { session, posted, settled };
}

it('SCR-7: what is pressed one after the other arrives in that order, also where the one before fails', async () => {
  const { session, posted, settled } = aSession();
  const told = ['touch', 'finish', 'touch'].map((intent) => session.send(intent));
  const arrived = () => posted.map(({ intent }) => intent);
  await settled();
  expect(arrived()).toEqual(['touch']);
  posted[0]?.answer(new Error('the process is away'));
  await settled();
  expect(arrived()).toEqual(['touch', 'finish']);
  posted[1]?.answer(Response.json({ code: 'not_now' }, { status: 409 }));
  await settled();
  expect(arrived()).toEqual(['touch', 'finish', 'touch']);
  posted[2]?.answer(new Response(null, { status: 202 }));
  expect(await Promise.all(told)).toEqual(['link_lost', 'not_now', null]);
});
