/** What a stage of `npm test` found, read from vitest's report, and what its failed files found when they ran again. Plain Node.js, as `run.mjs` is. */
import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** Of what a failed test said, in the summary. */
const [REASON_LINES, REASON_LENGTH] = [12, 300];

/** What makes a level wait for real time: the load of the machine decides what comes first there. */
const SERVERS = ['chromium', 'postgresql', 'mosquitto'];

/** More failed tests than these in a level are no matter of chance. */
const FAILED_MAY = 2;

/** Whole tests, with the sentences that explain what is wrong. `unsteady` failed, and passed when their files ran again: a failure that says what to look for. */
export const nothing = () => ({ passed: 0, unsteady: 0, failed: 0, notes: [], failedFiles: [] });

/**
 * Only where servers and browsers are, and one or two tests failed in files that ran to their end: the rest is wrong as it stands. What
 * computes with simulated time gives the same each time and is never run again.
 */
export function mayRunAgain({ needs }, { failed, failedFiles }) {
  return needs.some((need) => SERVERS.includes(need)) && failedFiles.length > 0 && failed <= FAILED_MAY;
}

/** What failed at first is told as unsteady if its files then found nothing wrong; the sentences of the first run stay. */
export function ranAgain(first, again) {
  if (again.failed > 0)
    return { ...first, notes: [...first.notes, ...again.notes.map((note) => `again ${note}`)] };
  return {
    ...first,
    unsteady: first.failed,
    failed: 0,
    notes: first.notes.map((note) => `UNSTEADY, passed when its file ran again: ${note}`),
  };
}

/** Counts single tests in vitest's report. Whatever did not run counts as failed and is named. `failedFiles` is empty where something failed outside tests. */
export function readReport(root, path, code) {
  const found = nothing();
  if (!existsSync(path))
    return { ...found, failed: 1, notes: [`vitest ended with ${code} without a report`] };
  let outside = false;
  for (const file of JSON.parse(readFileSync(path, 'utf8')).testResults) {
    const where = relative(root, file.name);
    let failedHere = 0;
    for (const test of file.assertionResults) {
      if (test.status === 'passed') found.passed += 1;
      else {
        failedHere += 1;
        if (test.status !== 'failed') outside = true;
        const word = test.status === 'failed' ? 'failed' : `NOT RUN (${test.status})`;
        found.notes.push([`${word}: ${where} › ${test.fullName}`, ...reasons(root, test)].join('\n'));
      }
    }
    if (file.status === 'failed' && failedHere === 0) {
      failedHere = 1;
      outside = true;
      found.notes.push(`failed outside its tests: ${where}: ${firstLine(file.message)}`);
    }
    if (file.assertionResults.length === 0 && failedHere === 0) {
      failedHere = 1;
      outside = true;
      found.notes.push(`no test in ${where}`);
    }
    found.failed += failedHere;
    if (failedHere > 0) found.failedFiles.push(where);
  }
  if (code !== 0 && found.failed === 0) {
    found.failed = 1;
    found.notes.push(`vitest ended with ${code} though every test passed: an error outside tests, see above`);
  }
  return outside ? { ...found, failedFiles: [] } : found;
}

/** What a failed test said and where, indented: of a long run only the summary may be kept. */
function reasons(root, { failureMessages }) {
  const lines = (failureMessages ?? []).flatMap((text) => stripVTControlCharacters(text).split('\n'));
  const said = lines
    .filter((line) => line.trim() !== '' && !line.includes('node_modules'))
    .slice(0, REASON_LINES);
  return said.map((line) => `     ${line.replaceAll(root, '.').slice(0, REASON_LENGTH)}`);
}

function firstLine(text) {
  return String(text ?? '').split('\n')[0];
}
