import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

/**
 * One project per level of test, so that `vitest --project NAME` runs a level alone.
 * Tests live beside the rule (`*.test.ts`) or under `test/<level>/`.
 */
const level = (name: string, include: string[], timeoutMs: number, exclude: string[] = []) => ({
  extends: true as const,
  test: {
    name,
    include,
    exclude: ['node_modules/**', '.build/**', ...exclude],
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
  },
});

export default defineConfig({
  plugins: [svelte()],
  test: {
    passWithNoTests: false,
    projects: [
      level('unit', ['{shared,hub,kiosk,return-terminal,firmware-sim}/**/*.test.ts'], 60_000),
      level('house', ['test/architecture/**/*.test.ts'], 60_000),
      level('contract', ['test/contract/**/*.test.ts'], 120_000),
      level('golden', ['test/golden/**/*.test.ts'], 60_000),
      level('crash', ['test/crash/**/*.test.ts'], 300_000),
      level('fleet', ['test/fleet/**/*.test.ts'], 300_000),
      level('fuzz', ['test/fuzz/**/*.test.ts'], 300_000),
      level('db', ['test/db/**/*.test.ts'], 300_000),
      level('broker', ['test/broker/**/*.test.ts'], 300_000),
      level('bench', ['test/bench/**/*.test.ts'], 300_000),
      level('e2e', ['test/e2e/**/*.test.ts'], 600_000),
    ],
  },
});
