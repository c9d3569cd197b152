import { expect, test } from 'vitest';
import type { CertificateRow, TerminalRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { registryReader } from './registry-reader.ts';

/** A registry of `certificate-N` of `terminal-N`, which counts its questions; `away`: it refuses them. */
function registry() {
  const state = { questions: 0, away: false };
  const answer = <Row>(places: readonly object[], rowOf: (place: never) => Row | null): Promise<Row[]> => {
    state.questions += 1;
    return state.away
      ? Promise.reject(new Error('away'))
      : Promise.resolve(places.map((place) => rowOf(place as never)).filter((row) => row !== null));
  };
  const stores = {
    certificates: {
      among: (places: readonly object[]) =>
        answer(places, ({ fingerprint }: CertificateRow) =>
          fingerprint.startsWith('certificate-')
            ? ({ fingerprint, terminalId: `terminal-${fingerprint.slice(12)}` } as CertificateRow)
            : null,
        ),
    },
    terminals: {
      among: (places: readonly object[]) =>
        answer(places, ({ terminalId }: TerminalRow) =>
          terminalId === 'terminal-9' ? null : ({ terminalId } as TerminalRow),
        ),
    },
  };
  return { state, read: registryReader(stores as unknown as Pick<Stores, 'certificates' | 'terminals'>) };
}

test('SEC-2: a thousand terminals that come together are looked up with a few questions, each with its own answer', async () => {
  const { state, read } = registry();
  const names = Array.from({ length: 1000 }, (_, n) => `certificate-${n + 10}`);
  const entries = await Promise.all(names.map(read));
  expect(entries.map((entry) => entry?.terminal.terminalId)).toEqual(
    names.map((name) => `terminal-${name.slice(12)}`),
  );
  expect(state.questions).toBeLessThan(10);
});

test('SEC-2: nobody is let in by the answer for somebody else', async () => {
  const { read } = registry();
  const [known, stranger, gone, again] = await Promise.all(
    ['certificate-1', 'foreign', 'certificate-9', 'certificate-1'].map(read),
  );
  expect(known?.certificate.fingerprint).toBe('certificate-1');
  expect([stranger, gone]).toEqual([null, null]);
  expect(again).toEqual(known);
});

test('SEC-2: a database that is away refuses all that wait, and is asked again for the next', async () => {
  const { state, read } = registry();
  state.away = true;
  const refused = await Promise.allSettled(['certificate-1', 'certificate-2', 'certificate-3'].map(read));
  expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  state.away = false;
  expect((await read('certificate-2'))?.terminal.terminalId).toBe('terminal-2');
});
