import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A new folder below the system's temporary one, removed when this process ends. As `TMPDIR` of what it starts it holds everything that programs of the tests
 * make and leave: keys, media, databases.
 * @param {string} name
 * @returns {string}
 */
export function temporaryFolder(name) {
  const folder = mkdtempSync(join(tmpdir(), `keyturn-${name}-`));
  // A database that root starts runs as somebody else, who must come through to its own folder in here.
  chmodSync(folder, 0o711);
  process.on('exit', () => {
    try {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    } catch (error) {
      process.stderr.write(`${folder} could not be removed: ${String(error)}\n`);
    }
  });
  return folder;
}
