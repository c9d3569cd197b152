/**
 * Builds artifacts: `node shared/toolchain/build.mjs ID…`. Runs as a process of its own, so that a program never
 * carries the bundler's memory, and a warm start never loads it.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { build, runnerImport } from 'vite';
import { withLock } from './lock.mjs';
import { artifacts } from './programs.mjs';
import { isFresh, outputDirectory, treeBelow, writeStamp } from './stale.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const wanted = process.argv.slice(2);

for (const artifact of artifacts().filter(({ id }) => wanted.includes(id))) {
  await withLock(join(root, '.build', 'locks', artifact.id), async () => {
    // Another launcher may have built it while this one waited for the lock.
    if (isFresh(root, artifact)) return;
    const began = performance.now();
    await buildOne(artifact);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    process.stderr.write(`built ${artifact.id} in ${seconds} s\n`);
  });
}

async function buildOne(artifact) {
  const scratch = join(root, '.build', 'scratch', `${artifact.id.replace('/', '-')}-${process.pid}`);
  rmSync(scratch, { recursive: true, force: true });
  const sources = new Set([artifact.entry]);
  const options = artifact.kind === 'ui' ? uiOptions(artifact, scratch) : programOptions(artifact, scratch);
  const planted = artifact.planted === undefined ? [] : [await plantedBy(artifact.planted)];
  await build({ ...options, plugins: [...options.plugins, ...planted, noteSources(sources)] });
  replaceOutput(scratch, outputDirectory(root, artifact));
  const tree = artifact.kind === 'ui' ? treeBelow(root, artifact.folder) : { files: [], folders: [] };
  writeStamp(root, artifact, [...sources, ...tree.files], tree.folders);
}

/** A program for Node.js: one file, packages stay outside, so that a running program never looks for a part that a rebuild took away. */
function programOptions(artifact, outDir) {
  return {
    root,
    configFile: false,
    logLevel: 'warn',
    plugins: [],
    publicDir: false,
    ssr: { external: true, target: 'node' },
    build: {
      ssr: join(root, artifact.entry),
      outDir,
      target: 'node20',
      minify: false,
      sourcemap: true,
      emptyOutDir: true,
      rolldownOptions: {
        output: { format: 'es', entryFileNames: 'main.js', codeSplitting: false },
      },
    },
  };
}

/** The plugin that plants a module's mistakes beside the right words (`test/holes/plant.ts`). */
async function plantedBy(path) {
  const read = async (file) => {
    const { module } = await runnerImport(join(root, file), { root, configFile: false, logLevel: 'error' });
    return module;
  };
  const [{ DEFECTS }, { plantHoles }] = [await read(path), await read('test/holes/plant.ts')];
  return plantHoles(root, DEFECTS);
}

/** A user interface: relative addresses, so that a server may mount it at any path. */
function uiOptions(artifact, outDir) {
  return {
    root: join(root, artifact.folder),
    base: './',
    configFile: false,
    logLevel: 'warn',
    plugins: [modernLetters(), svelte({ configFile: join(root, 'svelte.config.js') })],
    build: {
      outDir,
      target: 'es2022',
      sourcemap: true,
      emptyOutDir: true,
      // Pages take letters from their own server only, never from a data address.
      assetsInlineLimit: (file) => (file.endsWith('.woff2') ? false : undefined),
      rolldownOptions: {
        output: {
          assetFileNames: ({ names }) =>
            names.some((name) => name.endsWith('.woff2'))
              ? 'assets/letters/[name]-[hash][extname]'
              : 'assets/[name]-[hash][extname]',
        },
      },
    },
  };
}

/** Packages of letters name each file twice, as WOFF2 and as WOFF for browsers of 2014: only the first is taken along. */
function modernLetters() {
  return {
    name: 'keyturn-modern-letters',
    enforce: 'pre',
    transform(code, id) {
      if (!id.includes('@fontsource') || !id.endsWith('.css')) return null;
      return { code: code.replace(/,\s*url\([^)]*\.woff\)\s*format\('woff'\)/g, ''), map: null };
    },
  };
}

/** A bundler plugin that notes which files of this project went into the bundle. */
function noteSources(sources) {
  return {
    name: 'keyturn-note-sources',
    buildEnd() {
      for (const id of this.getModuleIds()) {
        const path = id.replace(/^\0/, '').replace(/\?.*$/, '');
        if (!isAbsolute(path) || !existsSync(path)) continue;
        const inside = relative(root, path).split(sep).join('/');
        if (!inside.startsWith('..') && !inside.startsWith('node_modules/')) sources.add(inside);
      }
    },
  };
}

/** Moves the new output into place. The old one is renamed away first: a reader sees old or new, hardly ever neither. */
function replaceOutput(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  const old = `${from}-old`;
  if (existsSync(to)) {
    // A page already open may still ask for an old hashed file: keep the former assets of a user interface.
    const assets = join(to, 'assets');
    if (existsSync(assets)) keepMissing(assets, join(from, 'assets'));
    renameSync(to, old);
  }
  renameSync(from, to);
  rmSync(old, { recursive: true, force: true });
}

function keepMissing(oldAssets, newAssets) {
  const kept = readdirSync(oldAssets);
  if (kept.length > 200) return;
  for (const name of kept)
    if (!existsSync(join(newAssets, name)))
      cpSync(join(oldAssets, name), join(newAssets, name), { recursive: true });
}
