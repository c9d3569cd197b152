import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Whom this process has said already that it waits for. */
const waitedFor = new Set();

/**
 * Runs `work` while holding a lock directory, so that two launchers never build or install the same thing at once.
 * The holder's process id is inside: a lock whose holder is gone is taken over.
 */
export async function withLock(path, work) {
  mkdirSync(dirname(path), { recursive: true });
  while (!take(path)) {
    const holder = holderOf(path);
    if (holder !== undefined && !isAlive(holder)) {
      rmSync(path, { recursive: true, force: true });
      continue;
    }
    if (holder !== undefined && !waitedFor.has(holder))
      process.stderr.write(`waiting for process ${holder}, which is building or installing …\n`);
    waitedFor.add(holder);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  try {
    return await work();
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

let attempts = 0;

/** The lock appears whole, with its holder inside, or not at all: a rename onto a folder that is not empty fails. */
function take(path) {
  attempts += 1;
  const own = `${path}.${process.pid}.${attempts}`;
  mkdirSync(own);
  writeFileSync(join(own, 'pid'), String(process.pid));
  try {
    renameSync(own, path);
    return true;
  } catch (error) {
    rmSync(own, { recursive: true, force: true });
    if (['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(error.code)) return false;
    throw error;
  }
}
function holderOf(path) {
  try {
    const pid = Number(readFileSync(join(path, 'pid'), 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
