import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { type Findings, mayRunAgain, ranAgain, readReport } from '#test/findings.mjs';
import { LEVELS } from '#test/levels.mjs';

const folder = mkdtempSync(join(tmpdir(), 'keyturn-findings-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Status = 'passed' | 'failed' | 'skipped';
/** What the summary makes of files with these tests. */
function found(files: Readonly<Record<string, readonly Status[]>>, code = 1): Findings {
  const testResults = Object.entries(files).map(([name, tests]) => ({
    name: join(folder, name),
    status: tests.some((status) => status === 'failed') ? 'failed' : 'passed',
    assertionResults: tests.map((status, n) => ({ status, fullName: `test ${n}`, failureMessages: ['why'] })),
  }));
  writeFileSync(join(folder, 'report.json'), JSON.stringify({ testResults }));
  return readReport(folder, join(folder, 'report.json'), code);
}
const levelsRunAgain = (what: Findings): readonly string[] =>
  LEVELS.filter((level) => mayRunAgain(level, what)).map(({ name }) => name);

it('one or two failed tests run again where servers and browsers are, and nowhere else', () => {
  const real = ['contract', 'e2e', 'poses', 'attack', 'holes', 'bench', 'db', 'broker', 'fire', 'support'];
  expect(levelsRunAgain(found({ a: ['passed', 'failed'] }))).toEqual(real);
  expect(levelsRunAgain(found({ a: ['failed'], b: ['failed'] }))).toEqual(real);
});

it.each<[string, Findings]>([
  ['nothing failed', found({ a: ['passed'] }, 0)],
  ['three tests failed', found({ a: ['failed', 'failed'], b: ['failed'] })],
  ['a test was skipped', found({ a: ['failed', 'skipped'] })],
  ['a file has no tests', found({ a: ['failed'], b: [] })],
  ['every test passed and vitest failed', found({ a: ['passed'] })],
  ['there is no report', readReport(folder, join(folder, 'none.json'), 1)],
])('nothing runs again when %s', (_what, what) => {
  expect(levelsRunAgain(what)).toEqual([]);
});

it('a test that failed and passed afterwards is told as unsteady, with what it said', () => {
  const first = found({ a: ['passed', 'failed'], b: ['passed'] });
  expect(ranAgain(first, found({ a: ['passed', 'passed'] }, 0))).toEqual({
    passed: 2,
    unsteady: 1,
    failed: 0,
    failedFiles: ['a'],
    notes: ['UNSTEADY, passed when its file ran again: failed: a › test 1\n     why'],
  });
});

it('a test that fails again, or did not run again, stays failed', () => {
  const first = found({ a: ['passed', 'failed'] });
  expect(ranAgain(first, found({ a: ['failed', 'passed'] }))).toMatchObject({
    passed: 1,
    unsteady: 0,
    failed: 1,
  });
  expect(ranAgain(first, readReport(folder, join(folder, 'none.json'), 1))).toMatchObject({ failed: 1 });
});
