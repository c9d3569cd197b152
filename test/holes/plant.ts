import { join } from 'node:path';
import type { Cut, Hole } from './hole.ts';

/** Where a planted guard asks whether its hole is open: only in the worker of a test. */
const PLACE = 'keyturnOpenHoles';

/** Ids of the holes that are open now; empty: every guard stands. */
export const openHoles: Set<string> = new Set();
Reflect.set(globalThis, PLACE, openHoles);

interface Planted extends Cut {
  readonly hole: string;
}
/** What is planted: a name and the places where it changes the sources. */
type Plant = Pick<Hole, 'id' | 'cuts'>;
const cutsOf = (holes: readonly Plant[]): readonly Planted[] =>
  holes.flatMap(({ id, cuts }) => cuts.map((cut) => ({ ...cut, hole: id })));

/** How often each guard stands in its file, where that is not once: then the list of holes is out of date. */
export const lostGuards = (holes: readonly Plant[], read: (file: string) => string): readonly string[] =>
  cutsOf(holes)
    .map(({ hole, file, guard, after }) => {
      const text = read(file);
      const times = text.split(after ?? guard).length - 1;
      return { hole, file, times: times === 1 && placeOf(text, guard, after) < 0 ? 0 : times };
    })
    .filter(({ times }) => times !== 1)
    .map(({ hole, file, times }) => `the guard of hole ${hole} stands ${times} times in ${file}`);

/** A plugin of the test runner: sets each hole beside its guard while the sources are read. Nothing on disk and no program that is built has them. */
export function plantHoles(root: string, holes: readonly Plant[]) {
  const cuts = cutsOf(holes).map((cut) => ({ ...cut, path: join(root, cut.file) }));
  return {
    name: 'planted-holes',
    enforce: 'pre' as const,
    transform(code: string, id: string) {
      const here = cuts.filter(({ path }) => path === id.split('?')[0]);
      return here.length === 0 ? null : { code: here.reduce(withHole, code), map: null };
    },
  };
}

const placeOf = (code: string, guard: string, after: string | undefined): number =>
  code.indexOf(guard, after === undefined ? 0 : Math.max(0, code.indexOf(after)));

function withHole(code: string, { hole, file, guard, after, open }: Planted): string {
  const at = placeOf(code, guard, after);
  if (at < 0)
    throw new Error(`the guard of hole ${hole} does not stand in ${file} any more: test/holes/README.md`);
  const choice = `(globalThis.${PLACE}?.has(${JSON.stringify(hole)}) ? (${open}) : (${guard}))`;
  return code.slice(0, at) + choice + code.slice(at + guard.length);
}
