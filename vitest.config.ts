import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { HOLES } from './test/holes/list.ts';
import { plantHoles } from './test/holes/plant.ts';
import { LEVELS } from './test/levels.mjs';

/** One project per level of test (`test/levels.mjs`), so that `vitest run --project NAME` runs a level alone. */
export default defineConfig({
  plugins: [svelte()],
  test: {
    passWithNoTests: false,
    projects: LEVELS.map(({ name, folders, timeoutMs, unparted }) => ({
      extends: true as const,
      plugins: name === 'holes' ? [plantHoles(import.meta.dirname, HOLES)] : [],
      test: {
        name,
        isolate: !unparted,
        include: folders.map((folder) => `${folder}/**/*.test.ts`),
        exclude: ['**/node_modules/**', '.build/**'],
        testTimeout: timeoutMs,
        hookTimeout: timeoutMs,
      },
    })),
  },
});
