/**
 * The levels of tests: one table for `vitest.config.ts` (a project each) and `test/run.mjs` (a stage each).
 *
 * `needs` are parts of the distribution (`test/parts.mjs`); `alone` levels run one file after the other, in a lane of
 * their own, because they start servers, browsers or measure (in this order: the longest first, so that two lanes end together); `expected` levels must have tests, so that a lost folder is an error, not silence.
 * The files of an `unparted` level share their workers' modules: reading and warming the programs once costs less than the tests themselves. A file
 * of it that replaces a module (`vi.mock`) resets all modules first; none leaves something behind in one.
 * `files` are all that belongs to a level, in place of its folders' files; no other level has them.
 */
const MINUTE = 60_000;

/** What needs a browser and no fleet: by itself as long as the rest of its folder. */
const POSES = ['test/e2e/every-screen.test.ts', 'test/e2e/screens-unchanged.test.ts'];

/** @type {{name: string, folders: string[], files: string[] | null, timeoutMs: number, needs: string[], alone: boolean, unparted: boolean, expected: boolean}[]} */
export const LEVELS = [
  {
    name: 'unit',
    folders: ['shared', 'hub', 'kiosk', 'return-terminal', 'firmware-sim'],
    files: null,
    timeoutMs: MINUTE,
    needs: ['age', 'ffmpeg'],
    alone: false,
    unparted: true,
    expected: true,
  },
  { ...inTest('house', MINUTE, []), folders: ['test/architecture'], unparted: true },
  { ...inTest('contract', 2 * MINUTE, ['postgresql', 'mosquitto', 'age']), unparted: true },
  { ...inTest('golden', MINUTE, []), unparted: true },
  inTest('crash', 5 * MINUTE, ['age']),
  inTest('fleet', 5 * MINUTE, []),
  inTest('fuzz', 5 * MINUTE, ['age']),
  {
    ...inTest('e2e', 10 * MINUTE, ['chromium', 'fonts-cjk', 'age', 'ffmpeg', 'postgresql', 'mosquitto']),
    alone: true,
    unparted: true,
  },
  {
    ...inTest('poses', 10 * MINUTE, ['chromium', 'fonts-cjk', 'age', 'ffmpeg']),
    folders: ['test/e2e'],
    files: POSES,
    alone: true,
    unparted: true,
  },
  { ...inTest('attack', 2 * MINUTE, ['postgresql', 'mosquitto', 'chromium', 'age']), alone: true },
  { ...inTest('holes', 2 * MINUTE, ['postgresql', 'mosquitto', 'chromium', 'age']), alone: true },
  { ...inTest('bench', 5 * MINUTE, ['postgresql', 'age']), alone: true },
  { ...inTest('db', 5 * MINUTE, ['postgresql']), alone: true },
  { ...inTest('broker', 5 * MINUTE, ['mosquitto', 'postgresql']), alone: true },
  { ...inTest('fire', 10 * MINUTE, ['postgresql', 'mosquitto']), alone: true },
  { ...inTest('support', 2 * MINUTE, ['postgresql', 'mosquitto', 'chromium', 'age']), alone: true },
];

function inTest(name, timeoutMs, needs) {
  const folders = [`test/${name}`];
  return { name, folders, files: null, timeoutMs, needs, alone: false, unparted: false, expected: true };
}
