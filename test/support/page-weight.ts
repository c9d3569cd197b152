import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type UiName, uiDirectory } from '#shared/toolchain/assets.ts';

/** What a browser must fetch as JavaScript before the built page works: bytes, compressed. */
export function scriptBytes(ui: UiName): number {
  const folder = uiDirectory(ui);
  const page = readFileSync(join(folder, 'index.html'), 'utf8');
  const scripts = [...page.matchAll(/(?:src|href)="\.\/([^"]+\.js)"/g)].map(([, path]) => String(path));
  if (scripts.length === 0) throw new Error(`the page of ${ui} names no script`);
  return scripts
    .map((path) => gzipSync(readFileSync(join(folder, path))).length)
    .reduce((sum, bytes) => sum + bytes, 0);
}
