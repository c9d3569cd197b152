import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { checkBans, checkTestManners } from './bans.ts';
import { type Check, isSource, readProject, report } from './files.ts';
import { checkCycles, checkImportTable, checkNoMainImport, checkSpecifiers } from './imports.ts';
import { checkRulesExist, checkRulesProved, DEMANDED, knownRules, namedRules, rulesInText } from './rules.ts';
import { checkSpecsProved, specRules } from './spec-rules.ts';
import { checkLockFile, checkMachinePaths, checkReadmes, checkSizes, checkTopLevel } from './tidiness.ts';

/** Every house rule on the house itself. `planted.test.ts` proves that each of them can fail. */
const files = readProject();

const HOUSE: readonly (readonly [string, Check])[] = [
  ['folders import inwards only', checkImportTable],
  ['nothing imports a main.ts', checkNoMainImport],
  ['the layer shows in the specifier', checkSpecifiers],
  ['no file imports itself over others', checkCycles],
  ['clock, chance, timers, environment and console come in as parameters', checkBans],
  ['tests have no unseeded chance and none is skipped', checkTestManners],
  ['files stay small', checkSizes],
  ['the top level holds what it may', checkTopLevel],
  ['no path of a machine', checkMachinePaths],
  ['every folder has its README', checkReadmes],
  ['the lock file has no download addresses', checkLockFile],
  ['test titles name rules that exist', checkRulesExist],
  ['every rule of the first capability is named by a test', checkRulesProved],
  ['every rule of a SPEC.md is named by a test', checkSpecsProved],
];

describe('the house', () => {
  test('is read: folders of production code and tests are there', () => {
    for (const folder of ['shared/kernel', 'shared/domain', 'hub', 'test'])
      expect(
        files.some(({ path }) => path.startsWith(`${folder}/`) && isSource(path)),
        folder,
      ).toBe(true);
  });

  test.each(HOUSE)('%s', (_title, check) => {
    const violations = check(files);
    expect(violations.length, `\n${report(violations)}\n`).toBe(0);
  });

  test('the rules of the SPEC files, covered and uncovered', () => {
    const rules = specRules(files);
    const uncovered = rules.filter(({ tests }) => tests.length === 0).map(({ id }) => id);
    const lines = rules.map(
      ({ id, tests }) => `${id.padEnd(5)} ${tests.length === 0 ? 'UNCOVERED' : tests.join(' ')}`,
    );
    console.info(
      `${lines.join('\n')}\n${rules.length - uncovered.length} covered, ${uncovered.length} uncovered ${uncovered.join(' ')}`,
    );
    expect(rules.length).toBeGreaterThan(55);
    expect(uncovered).toEqual([]);
  });

  test('the list of rules is that of REQUIREMENTS.md, where that file lies beside the project', () => {
    const named = namedRules(files);
    const waiting = knownRules().filter((rule) => !named.has(rule) && !DEMANDED.includes(rule));
    console.info(`rules of later work that no test names yet: ${waiting.join(' ')}`);
    const path = join(projectRoot(), '..', 'shared', 'REQUIREMENTS.md');
    if (!existsSync(path)) return;
    expect([...knownRules()].sort()).toEqual([...rulesInText(readFileSync(path, 'utf8'))].sort());
  });
});
