import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assert } from '#shared/kernel/assert.ts';

/** The user interfaces that `shared/toolchain/programs.mjs` builds. */
export type UiName = 'kiosk' | 'return-terminal' | 'hub' | 'player' | 'panel' | 'gallery';

/** The programs that `shared/toolchain/programs.mjs` builds. */
export type ProgramName =
  | 'demo'
  | 'hub'
  | 'kiosk'
  | 'return-terminal'
  | 'player'
  | 'keyturn'
  | 'story'
  | 'bench'
  | 'bench-fleet'
  | 'bench-read'
  | 'bench-write'
  | 'screens'
  | 'attack';

let found: string | undefined;

/**
 * The folder with this project's `package.json`, absolute. The same whether the caller runs from its source (tests)
 * or from its bundle in `.build/`, and wherever the process was started.
 */
export function projectRoot(): string {
  if (found !== undefined) return found;
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!isProject(folder)) {
    const parent = dirname(folder);
    assert(parent !== folder, 'the program must lie below the folder with keyturn’s package.json');
    folder = parent;
  }
  found = folder;
  return folder;
}

function isProject(folder: string): boolean {
  const path = join(folder, 'package.json');
  if (!existsSync(path)) return false;
  const description: unknown = JSON.parse(readFileSync(path, 'utf8'));
  return typeof description === 'object' && description !== null && 'name' in description
    ? description.name === 'keyturn'
    : false;
}

/** Where a built user interface lies (`index.html`, `assets/`), absolute. Says nothing about whether it was built. */
export const uiDirectory = (name: UiName): string => join(projectRoot(), '.build', 'ui', name);

/** The built file that starts a program under Node.js, absolute: for those who start it as a process of its own. */
export const programEntry = (name: ProgramName): string => join(projectRoot(), '.build', name, 'main.js');
