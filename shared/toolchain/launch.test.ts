import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectRoot } from './assets.ts';

/**
 * The launcher on a small project of its own: the real toolchain files, the real packages, three tiny programs.
 */
const folder = mkdtempSync(join(tmpdir(), 'keyturn-launch-'));
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};

beforeAll(() => {
  const root = projectRoot();
  for (const name of ['package.json', 'package-lock.json', 'svelte.config.js', 'tsconfig.json'])
    cpSync(join(root, name), join(folder, name));
  cpSync(join(root, 'shared/toolchain'), join(folder, 'shared/toolchain'), { recursive: true });
  cpSync(join(root, 'shared/kernel'), join(folder, 'shared/kernel'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  write('kiosk/greeting.ts', "export const greeting: string = 'first';\n");
  write(
    'kiosk/main.ts',
    `import { projectRoot, uiDirectory } from '#shared/toolchain/assets.ts';
     import { greeting } from './greeting.ts';
     const notes = Object.values(import.meta.glob('./notes/*.txt', { query: '?raw', import: 'default', eager: true })).join('+');
     console.log(JSON.stringify({ greeting, notes, args: process.argv.slice(2), root: projectRoot(), ui: uiDirectory('kiosk') }));
     process.exitCode = 7;\n`,
  );
  write('kiosk/notes/1.txt', 'one');
  write('kiosk/ui/index.html', '<div id="app"></div><script type="module" src="./main.ts"></script>\n');
  write(
    'kiosk/ui/main.ts',
    "import { mount } from 'svelte';\nimport App from './App.svelte';\nmount(App, { target: document.body });\n",
  );
  write('kiosk/ui/App.svelte', '<script lang="ts">let n: number = $state(1);</script><p>count {n}</p>\n');
  write(
    'hub/main.ts',
    `let heard = 0;
     process.on('SIGTERM', () => { heard += 1; setTimeout(() => { console.log('heard', heard); process.exit(0); }, 300); });
     setInterval(() => {}, 1000);
     console.log('ready');\n`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function launch(args: string[], onOut?: (text: string, kill: (signal: NodeJS.Signals) => void) => void) {
  return new Promise<Ended>((resolve, reject) => {
    const child = spawn(process.execPath, [join(folder, 'shared/toolchain/launch.mjs'), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: tmpdir(),
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (data: Buffer) => {
      out += String(data);
      onOut?.(out, (signal) => child.kill(signal));
    });
    child.stderr.on('data', (data: Buffer) => {
      err += String(data);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

test('a program is built with its screen, gets its arguments, and its exit code comes back', async () => {
  const first = await launch(['kiosk', '--flag', 'value']);
  expect(first.err).toContain('Building kiosk, ui/kiosk');
  expect(first.code, first.err).toBe(7);
  const said = JSON.parse(first.out);
  expect(said.greeting).toBe('first');
  expect(said.args).toEqual(['--flag', 'value']);
  expect(readFileSync(join(said.root, 'package.json'), 'utf8')).toContain('keyturn');
  expect(readFileSync(join(said.ui, 'index.html'), 'utf8')).toContain('./assets/');

  const again = await launch(['kiosk']);
  expect(again.err, 'a warm start builds nothing').toBe('');

  write('kiosk/greeting.ts', "export const greeting: string = 'second';\n");
  const changed = await launch(['kiosk']);
  expect(changed.err).toContain('Building kiosk …');
  expect(JSON.parse(changed.out).greeting).toBe('second');

  write('kiosk/notes/2.txt', 'two');
  const globbed = await launch(['kiosk']);
  expect(JSON.parse(globbed.out).notes, 'a new file that only a glob finds').toBe('one+two');

  write('kiosk/greeting.test.ts', 'export {};\n');
  write('kiosk/ui/App.svelte', '<p>other words</p>\n');
  const screen = await launch(['kiosk']);
  expect(screen.err).toContain('Building ui/kiosk …');
});

test('a signal reaches the program once, however often it is sent within a moment', async () => {
  let sent = false;
  const ended = await launch(['hub'], (text, kill) => {
    if (!text.includes('ready') || sent) return;
    sent = true;
    kill('SIGTERM');
    kill('SIGTERM');
  });
  expect(ended.out).toContain('heard 1');
  expect(ended.code).toBe(0);
});

test('a program of the tests leaves nothing in the temporary folder, however it ends', async () => {
  write(
    'test/fleet/main.ts',
    `import { mkdtempSync } from 'node:fs';
     import { tmpdir } from 'node:os';
     import { join } from 'node:path';
     console.log(mkdtempSync(join(tmpdir(), 'left-')));
     process.exitCode = 3;
     if (process.argv[2] === 'wait') setInterval(() => {}, 1000);\n`,
  );
  const by = await launch(['sim']);
  expect(by.code).toBe(3);
  const stopped = await launch(['sim', 'wait'], (text, kill) => {
    if (text.includes('left-')) kill('SIGINT');
  });
  expect(stopped.code).toBe(130);
  for (const made of [by.out.trim(), stopped.out.trim()]) {
    expect(made).toContain('left-');
    expect(existsSync(dirname(made))).toBe(false);
    expect(dirname(made)).not.toBe(tmpdir());
  }
});

test('what does not exist or does not build is named, and nothing is started', async () => {
  const missing = await launch(['player']);
  expect(missing.err).toContain('firmware-sim/player/main.ts does not exist');
  expect(missing.code).toBe(1);
  const unknown = await launch(['nonsense']);
  expect(unknown.err).toContain('PROGRAM is build, demo, hub');
  expect(unknown.code).toBe(1);
  write('return-terminal/main.ts', "import './not-there.ts';\n");
  const broken = await launch(['return-terminal']);
  expect(broken.err).toContain('The build failed; nothing was started.');
  expect(broken.code).toBe(1);
});
