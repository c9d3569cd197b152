import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

/**
 * Decides whether an artifact must be built again. A stamp beside the output lists every source file that went into
 * it with its content hash (the bundler says which), the file names in those files' folders (a new one may be picked
 * up by `import.meta.glob` without any other file changing), and what decides how things are built.
 */
const BUILD_RULES = [
  'package.json',
  'package-lock.json',
  'svelte.config.js',
  'tsconfig.json',
  'shared/toolchain/build.mjs',
  'shared/toolchain/programs.mjs',
];

export const outputDirectory = (root, artifact) => join(root, '.build', artifact.id);
export const outputEntry = (root, artifact) =>
  join(outputDirectory(root, artifact), artifact.kind === 'ui' ? 'index.html' : 'main.js');
const stampPath = (root, artifact) => join(root, '.build', 'stamps', `${artifact.id}.json`);

/** @returns {boolean} true when the output is there and made from exactly the present sources */
export function isFresh(root, artifact) {
  const path = stampPath(root, artifact);
  if (!existsSync(path) || !existsSync(outputEntry(root, artifact))) return false;
  let stamp;
  try {
    stamp = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return false; // a torn stamp is no stamp: building again is always right
  }
  // A stamp of an older toolchain says too little: building again is always right.
  if (stamp.folders === undefined || stamp.inputs === undefined) return false;
  if (Object.entries(stamp.folders).some(([folder, names]) => namesIn(root, folder) !== names)) return false;
  return Object.entries(stamp.inputs).every(([file, hash]) => hashOf(root, file) === hash);
}

/** Writes the stamp after a build; `sources` and `folders` are paths relative to the root. */
export function writeStamp(root, artifact, sources, folders) {
  const inputs = {};
  for (const file of [...new Set([...BUILD_RULES, ...sources])].sort()) inputs[file] = hashOf(root, file);
  const names = {};
  for (const folder of [...new Set([...folders, ...sources.map(posix.dirname)])].sort())
    names[folder] = namesIn(root, folder);
  const path = stampPath(root, artifact);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, JSON.stringify({ folders: names, inputs }, undefined, 1));
  renameSync(`${path}.new`, path);
}

const known = new Map();
/** Content hash of a file, or '' when it is gone. Read once per process: many artifacts share most files. */
function hashOf(root, file) {
  const path = join(root, file);
  let hash = known.get(path);
  if (hash === undefined) {
    try {
      hash = createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 32);
    } catch {
      hash = '';
    }
    known.set(path, hash);
  }
  return hash;
}

/** Names of the files and folders in a folder, tests and prose left out: they go into no artifact. */
function namesIn(root, folder) {
  if (!existsSync(join(root, folder))) return '';
  return readdirSync(join(root, folder))
    .filter((name) => !/\.(test\.ts|md)$/.test(name))
    .sort()
    .join(' ');
}

/** All files and all folders below a folder, for a user interface: also what is copied as it is, which no import names. */
export function treeBelow(root, folder) {
  const files = [];
  const folders = [folder];
  for (const item of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${item.name}`;
    if (item.isDirectory()) {
      const below = treeBelow(root, path);
      files.push(...below.files);
      folders.push(...below.folders);
    } else if (!/\.(test\.ts|md)$/.test(item.name)) files.push(path);
  }
  return { files, folders };
}
