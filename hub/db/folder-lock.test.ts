import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockFolder } from './folder-lock.ts';

describe('the lock of the PGlite folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'keyturn-lock-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('DESIGN §2: a second opener is refused until the first gives it back', () => {
    const first = lockFolder(folder);
    expect(first.ok).toBe(true);
    const second = lockFolder(folder);
    expect(second.ok ? null : second.error.code).toBe('database_folder_locked');
    if (first.ok) first.value.release();
    expect(existsSync(join(folder, 'keyturn.lock'))).toBe(false);
    expect(lockFolder(folder).ok).toBe(true);
  });

  it('DESIGN §2: a lock whose process is gone is stale, also when another process has its id now', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    const pid = child.pid ?? 0;
    await new Promise((resolve) => child.once('exit', resolve));
    for (const holder of [`{"pid":${pid},"started":"1"}`, `{"pid":${process.pid},"started":"1"}`, 'torn']) {
      writeFileSync(join(folder, 'keyturn.lock'), holder);
      const taken = lockFolder(folder);
      expect(taken.ok).toBe(true);
      if (taken.ok) taken.value.release();
    }
  });
});
