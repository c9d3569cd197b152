import { describe, expect, test } from 'vitest';
import { checkBans, checkTestManners } from './bans.ts';
import type { Check, VirtualFile } from './files.ts';
import { checkCycles, checkImportTable, checkNoMainImport, checkSpecifiers } from './imports.ts';
import { checkRulesExist, checkRulesProved, DEMANDED } from './rules.ts';
import { checkSpecsProved } from './spec-rules.ts';
import { checkLockFile, checkMachinePaths, checkReadmes, checkSizes, checkTopLevel } from './tidiness.ts';

/** A check must find what is planted, name a remedy, and leave alone what is right beside it. */
const file = (path: string, text = ''): VirtualFile => ({ path, text });
const messages = (check: Check, ...files: VirtualFile[]): string[] =>
  check(files).map(({ path, line, message }) => `${path}:${line} ${message}`);
const imports = (path: string, specifier: string): VirtualFile =>
  file(path, `import { x } from '${specifier}';\nexport const y = x;\n`);

describe('the import table', () => {
  test.each([
    ['shared/kernel/money.ts', '#shared/domain/tariff.ts'],
    ['shared/kernel/money.ts', 'node:fs'],
    ['shared/domain/charge.ts', '#shared/protocol/events.ts'],
    ['shared/domain/charge.ts', 'node:crypto'],
    ['shared/protocol/events.ts', '#shared/media/slot.ts'],
    ['shared/media/slot.ts', '#shared/edge/store.ts'],
    ['shared/ports/clock.ts', '#shared/media/slot.ts'],
    ['shared/edge/store.ts', '#shared/ui/button.ts'],
    ['shared/edge/store.ts', '#kiosk/app/rent.ts'],
    ['kiosk/app/rent.ts', '#return-terminal/app/accept.ts'],
    ['kiosk/app/rent.ts', '#hub/app/quote.ts'],
    ['kiosk/app/rent.ts', '../ui/state.ts'],
    ['kiosk/app/rent.ts', '#firmware-sim/devices/printer.ts'],
    ['kiosk/main.ts', '#firmware-sim/devices/printer.ts'],
    ['return-terminal/ui/App.svelte', '#shared/media/slot.ts'],
    ['hub/domain/queue.ts', '../app/quote.ts'],
    ['hub/domain/queue.ts', 'drizzle-orm'],
    ['hub/app/quote.ts', '../db/stores.ts'],
    ['hub/app/quote.ts', '../http/routes.ts'],
    ['hub/http/routes.ts', '../db/stores.ts'],
    ['hub/db/stores.ts', '../app/quote.ts'],
    ['hub/ui/App.svelte', '#hub/http/routes.ts'],
    ['hub/start.ts', '#test/support/free-port.ts'],
    ['firmware-sim/devices/printer.ts', '#kiosk/app/rent.ts'],
  ])('%s may not import %s', (path, specifier) => {
    const text = `import { x } from '${specifier}';\n`;
    const planted = path.endsWith('.svelte') ? `<script lang="ts">\n${text}</script>\n` : text;
    const [message] = messages(checkImportTable, file(path, planted));
    expect(message).toMatch(/:[12] .*may not import .*(Move|move|parameter)/);
  });

  test.each([
    ['shared/domain/charge.ts', '#shared/kernel/money.ts'],
    ['shared/domain/charge.ts', 'temporal-polyfill'],
    ['shared/edge/store.ts', '#shared/protocol/events.ts'],
    ['kiosk/app/rent.ts', '#shared/edge/store.ts'],
    ['kiosk/main.ts', './app/rent.ts'],
    ['kiosk/ui/App.svelte.ts', '../app/snapshot.ts'],
    ['hub/http/routes.ts', '../app/quote.ts'],
    ['hub/start.ts', './db/stores.ts'],
    ['firmware-sim/demo/fleet.ts', '#hub/start.ts'],
    ['shared/domain/charge.test.ts', '#firmware-sim/sim/random.ts'],
    ['test/e2e/story.test.ts', '#kiosk/start.ts'],
  ])('%s may import %s', (path, specifier) => {
    expect(messages(checkImportTable, imports(path, specifier))).toEqual([]);
  });

  test('types may come where values may not, when the zone says so', () => {
    const component = (clause: string) =>
      file('hub/ui/client.ts', `import ${clause} from '#hub/http/routes.ts';\n`);
    expect(messages(checkImportTable, component('type { Api }'))).toEqual([]);
    expect(messages(checkImportTable, component('{ type Api }'))).toEqual([]);
    expect(messages(checkImportTable, component('{ type Api, api }'))).toHaveLength(1);
  });

  test('words of shared/ui may come into an app, components may not', () => {
    expect(messages(checkImportTable, imports('kiosk/app/receipt.ts', '#shared/ui/i18n.ts'))).toEqual([]);
    const component = imports('kiosk/app/receipt.ts', '#shared/ui/Button.svelte');
    expect(messages(checkImportTable, component)[0]).toContain('runs in browsers');
    expect(messages(checkImportTable, imports('kiosk/ui/main.ts', '#shared/ui/Button.svelte'))).toEqual([]);
  });

  test('re-exports and dynamic imports are imports too, also in the module script of a component', () => {
    for (const text of [
      "export { x } from '#hub/app/quote.ts';",
      "export * from '#hub/app/quote.ts';",
      "const x = await import('#hub/app/quote.ts');",
      "type X = import('#hub/app/quote.ts').X;",
    ])
      expect(messages(checkImportTable, file('kiosk/app/rent.ts', text)), text).toHaveLength(1);
    const component = `<script module lang="ts">\nimport { x } from '#hub/app/quote.ts';\n</script>\n<p>{x}</p>\n`;
    expect(messages(checkImportTable, file('kiosk/ui/App.svelte', component))[0]).toMatch(/App.svelte:2 /);
  });
});

test('nothing imports a main.ts', () => {
  expect(messages(checkNoMainImport, imports('test/e2e/story.test.ts', '#hub/main.ts'))[0]).toContain(
    'file beside it',
  );
  expect(messages(checkNoMainImport, imports('hub/start.ts', './main.ts'))).toHaveLength(1);
  expect(messages(checkNoMainImport, imports('hub/start.ts', './domain.ts'))).toEqual([]);
});

test('specifiers show the layer and name the file as it is', () => {
  expect(messages(checkSpecifiers, imports('test/db/a.test.ts', '../../hub/db/stores.ts'))[0]).toContain(
    'write #hub/db/stores.ts',
  );
  expect(messages(checkSpecifiers, imports('hub/app/a.ts', './b'))[0]).toContain('with its ending');
  expect(messages(checkSpecifiers, imports('hub/app/a.ts', './b.js'))[0]).toContain('with its ending');
  expect(messages(checkSpecifiers, imports('hub/app/a.ts', '#lib/b.ts'))[0]).toContain('#shared/');
  expect(messages(checkSpecifiers, imports('hub/app/a.ts', './b.ts'))).toEqual([]);
  expect(messages(checkSpecifiers, imports('hub/app/a.ts', '#shared/kernel/ids.ts'))).toEqual([]);
});

test('a cycle over three files is found and written out, a diamond is none', () => {
  const cycle = [
    imports('hub/app/a.ts', './b.ts'),
    imports('hub/app/b.ts', '#hub/app/c.ts'),
    file('hub/app/c.ts', "import type { y } from './a.ts';\n"),
  ];
  expect(messages(checkCycles, ...cycle)).toEqual([
    expect.stringContaining('hub/app/a.ts → hub/app/b.ts → hub/app/c.ts → hub/app/a.ts'),
  ]);
  const diamond = [
    file('hub/app/a.ts', "import './b.ts';\nimport './c.ts';\n"),
    imports('hub/app/b.ts', './d.ts'),
    imports('hub/app/c.ts', './d.ts'),
    file('hub/app/d.ts', 'export const x = 1;\n'),
  ];
  expect(messages(checkCycles, ...diamond)).toEqual([]);
});

describe('the world comes in as parameters', () => {
  test.each([
    ['const t = Date.now();', 'Clock'],
    ["const t = Date['now']();", 'Clock'],
    ['const t = globalThis.Date.now();', 'Clock'],
    ['const t = new Date();', 'Clock'],
    ['const t = Date();', 'Clock'],
    ['const t = performance.now();', 'Clock'],
    ['const t = Temporal.Now.instant();', 'Clock'],
    ['const n = Math.random();', 'Random'],
    ['const { random } = Math;', 'Random'],
    ['setTimeout(() => {}, 5);', 'sleep() or after()'],
    ['globalThis.setInterval(() => {}, 5);', 'sleep() or after()'],
    ["import { setTimeout as wait } from 'node:timers/promises';", 'sleep() or after()'],
    ['const signal = AbortSignal.timeout(5);', 'sleep() or after()'],
    ['const home = process.env.HOME;', 'config.ts'],
    ["import { env } from 'node:process';", 'config.ts'],
    ["console.error('no');", 'Log'],
    ["import { randomBytes } from 'node:crypto';", 'Random'],
    ['const id = crypto.randomUUID();', 'Random'],
  ])('%s', (text, remedy) => {
    const [message, ...others] = messages(checkBans, file('hub/app/quote.ts', `\n${text}\n`));
    expect(message).toContain(remedy);
    expect(message).toMatch(/^hub\/app\/quote\.ts:2 /);
    expect(others).toEqual([]);
  });

  test.each([
    'const t = clock.now();',
    'const fields = new Date(at);',
    "const text = 'Date.now() and Math.random()'; // setTimeout(…)",
    'const later = scheduler.setTimeout(callback);',
    'const n = Math.floor(x);',
    "import { createHmac } from 'node:crypto';",
  ])('is no matter of: %s', (text) => {
    expect(messages(checkBans, file('hub/app/quote.ts', text))).toEqual([]);
  });

  test('each place made for it may, its neighbours may not', () => {
    const use = (path: string): string[] => messages(checkBans, file(path, 'const t = Date.now();\n'));
    for (const path of ['shared/edge/drivers/system-clock.ts', 'hub/main.ts', 'kiosk/config.ts'])
      expect(use(path), path).toEqual([]);
    for (const path of ['firmware-sim/demo/fleet.ts', 'shared/toolchain/assets.ts', 'test/db/a.test.ts'])
      expect(use(path), path).toEqual([]);
    for (const path of ['shared/edge/outbox.ts', 'firmware-sim/sim/clock.ts', 'hub/domain.ts', 'hub/db/x.ts'])
      expect(use(path), path).toHaveLength(1);
  });
});

test('tests are not skipped, left for later, run alone, or left to chance', () => {
  const planted = (text: string) => messages(checkTestManners, file('hub/app/quote.test.ts', text));
  for (const text of [
    "test.skip('x', f);",
    "it.only('x', f);",
    "describe.todo('x');",
    "test.skipIf(a)('x', f);",
  ])
    expect(planted(text)[0], text).toContain('runs always and wholly');
  expect(planted('const n = Math.random();')[0]).toContain('fixed seed');
  expect(planted("test.each(rows)('x', f); list.skip(3);")).toEqual([]);
});

test('a file over its limit must say why in its first line', () => {
  const lines = (count: number) => 'export {};\n'.repeat(count);
  expect(messages(checkSizes, file('hub/app/a.ts', lines(401)))[0]).toContain('401 lines, the limit is 400');
  expect(messages(checkSizes, file('hub/app/a.ts', lines(400)))).toEqual([]);
  expect(messages(checkSizes, file('hub/app/a.test.ts', lines(601)))[0]).toContain('the limit is 600');
  expect(messages(checkSizes, file('hub/app/a.test.ts', lines(600)))).toEqual([]);
  expect(messages(checkSizes, file('hub/app/a.ts', `// size: one table\n${lines(500)}`))).toEqual([]);
  expect(messages(checkSizes, file('hub/ui/A.svelte', `<!-- size: one form -->\n${lines(500)}`))).toEqual([]);
  expect(messages(checkSizes, file('hub/app/a.ts', `// size: \n${lines(500)}`))).toHaveLength(1);
});

test('the top level holds what it may', () => {
  expect(messages(checkTopLevel, file('notes.txt'), file('lib/a.ts'), file('hub/a.ts'))).toEqual([
    expect.stringContaining('notes.txt'),
    expect.stringContaining('lib'),
  ]);
});

test('a path of somebody’s machine is found, an address or a relative path is none', () => {
  for (const name of ['work', 'tmp', 'home', 'root', 'Users'])
    expect(messages(checkMachinePaths, file('README.md', `see "/${name}/x/y"\n`)), name).toHaveLength(1);
  for (const text of ['./tmp/x', 'test/home/x', 'https://example.org/home/x', "'/work'", '/api/root/x'])
    expect(messages(checkMachinePaths, file('README.md', text)), text).toEqual([]);
});

test('folders of the first two levels need a README, deeper and hidden ones do not', () => {
  const missing = messages(
    checkReadmes,
    file('README.md'),
    file('hub/app/quote/price.ts'),
    file('hub/README.md'),
    file('.ci/run'),
  );
  expect(missing).toEqual([expect.stringContaining('hub/app/README.md')]);
});

test('a download address in the lock file, or no lock file, is found', () => {
  const lock = (entry: object) =>
    file('package-lock.json', JSON.stringify({ packages: { 'node_modules/a': entry } }));
  expect(messages(checkLockFile, lock({ resolved: 'https://registry.example/a.tgz' }))[0]).toContain(
    '.npmrc',
  );
  expect(messages(checkLockFile, lock({ version: '1.0.0', funding: { url: 'https://a.example' } }))).toEqual(
    [],
  );
  expect(messages(checkLockFile)).toHaveLength(1);
});

test('a rule without a test and a test without a rule are found', () => {
  const titled = (title: string) => file('hub/app/quote.test.ts', `test('${title}', () => {});\n`);
  const all = DEMANDED.map((rule) => file(`hub/${rule}.test.ts`, `test('${rule}: holds', () => {});\n`));
  expect(messages(checkRulesProved, ...all)).toEqual([]);
  expect(messages(checkRulesProved, ...all.slice(1))[0]).toContain(`${DEMANDED[0]} opens no test`);
  const two = messages(checkRulesProved, titled('CHG-2, CHG-3: both')).join('\n');
  expect(two).not.toContain('CHG-2 ');
  expect(two).not.toContain('CHG-3 ');
  expect(messages(checkRulesProved, titled('a word about CHG-4')).join('\n')).toContain('CHG-4 opens');
  expect(messages(checkRulesExist, titled('CHG-9: nothing'))[0]).toContain('there is no rule CHG-9');
  expect(messages(checkRulesExist, titled('SPC-9: a rule of a SPEC'))).toEqual([]);
});

test('a rule of a SPEC.md without a test, one that stands there twice, and a test of none are found', () => {
  const spec = (...ids: string[]) =>
    file('shared/media/SPEC.md', ids.map((id) => `- **${id} Name.** Text that names MS-77.\n`).join(''));
  const titled = (title: string) => file('shared/media/a.test.ts', `test('${title}', () => {});\n`);
  expect(messages(checkSpecsProved, spec('MS-1', 'MS-2'), titled('MED-3, MS-1 MS-2: both'))).toEqual([]);
  expect(messages(checkSpecsProved, spec('MS-1', 'MS-2'), titled('MS-1: as MS-2 says'))).toEqual([
    expect.stringContaining('SPEC.md:2 MS-2 opens no test'),
  ]);
  expect(messages(checkSpecsProved, spec('MS-1', 'MS-1'), titled('MS-1: once'))[0]).toContain('twice');
  expect(messages(checkSpecsProved, spec('MS-1'), titled('MS-1 PR-9: two'))[0]).toContain('no rule PR-9');
});
