import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { DATABASE_DEFECTS } from './test/db/defects.ts';
import { HOLES } from './test/holes/list.ts';
import { plantHoles } from './test/holes/plant.ts';
import { LEVELS } from './test/levels.mjs';

/** Levels whose sources get mistakes planted, closed until a test opens one. */
const PLANTED: Readonly<Record<string, readonly (typeof HOLES | typeof DATABASE_DEFECTS)[]>> = {
  holes: [HOLES],
  db: [DATABASE_DEFECTS],
};

const FILES_OF_LEVELS = LEVELS.flatMap(({ files }) => files ?? []);

/** One project per level of test (`test/levels.mjs`), so that `vitest run --project NAME` runs a level alone. */
export default defineConfig({
  plugins: [svelte()],
  test: {
    passWithNoTests: false,
    globalSetup: ['./test/support/temporary-files.ts'],
    projects: LEVELS.map(({ name, folders, files, timeoutMs, unparted }) => ({
      extends: true as const,
      plugins: PLANTED[name]?.map((plants) => plantHoles(import.meta.dirname, plants)) ?? [],
      test: {
        name,
        isolate: !unparted,
        include: files === null ? folders.map((folder) => `${folder}/**/*.test.ts`) : [...files],
        exclude: ['**/node_modules/**', '.build/**', ...(files === null ? FILES_OF_LEVELS : [])],
        testTimeout: timeoutMs,
        hookTimeout: timeoutMs,
        // What is waited for comes when a busy machine gets to it; the default of one second judged the machine.
        expect: { poll: { timeout: 10_000 } },
      },
    })),
  },
});
