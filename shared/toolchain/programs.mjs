/**
 * What can be built and started: one table for the launcher, the builder and the tests.
 * A program names the user interfaces it serves and the other programs it starts, so that both are built before it runs.
 */

/**
 * How Node runs a terminal: objects that live for a moment get 4 MiB in place of 16. A write makes some 100,000 a gigabyte; with more room they only take more memory, and no write was slower
 * with less (test/bench/README.md).
 */
const TERMINAL = ['--max-semi-space-size=4'];
/**
 * How it runs simulated worlds: they make much that lives for moments, and more room for it means less work to collect it; and they come to much code, so that
 * what V8's optimizing compiler puts into a function of what it calls costs more than it gains (test/fleet/README.md).
 */
const WORLDS = ['--max-semi-space-size=64', '--max-inlined-bytecode-size-cumulative=400'];
/**
 * And where a process runs few of them: V8's optimizing compiler begins with a function later, which a process's first eight worlds gain by and those after
 * the sixteenth lose by (test/fleet/README.md).
 */
const FEW_WORLDS = [...WORLDS, '--interrupt-budget=1000000'];

/**
 * `planted` is the test-only flag of the build: this module's mistakes (`DEFECTS`) are planted in the sources while they are bundled, closed until a test opens
 * one. Programs of a test have it and no other (`test/fleet/defects.test.ts`). `node` are flags with which the launcher starts it.
 *
 * @type {Readonly<Record<string, {entry: string, uis: readonly string[], programs: readonly string[], planted?: string, node?: readonly string[]}>>}
 */
export const PROGRAMS = {
  demo: {
    entry: 'firmware-sim/demo/main.ts',
    uis: ['kiosk', 'return-terminal', 'hub', 'player', 'panel'],
    programs: ['hub', 'kiosk', 'return-terminal', 'player'],
  },
  hub: { entry: 'hub/main.ts', uis: ['hub'], programs: [] },
  kiosk: { entry: 'kiosk/main.ts', uis: ['kiosk'], programs: [], node: TERMINAL },
  'return-terminal': {
    entry: 'return-terminal/main.ts',
    uis: ['return-terminal'],
    programs: [],
    node: TERMINAL,
  },
  player: { entry: 'firmware-sim/player/main.ts', uis: ['player'], programs: [] },
  keyturn: { entry: 'hub/cli/main.ts', uis: [], programs: [] },
  story: { entry: 'firmware-sim/story/main.ts', uis: [], programs: [] },
  bench: { entry: 'test/bench/main.ts', uis: [], programs: ['bench-write', 'bench-read', 'bench-fleet'] },
  'bench-write': { entry: 'test/bench/support/write-process.ts', uis: [], programs: [] },
  'bench-read': { entry: 'test/bench/support/read-process.ts', uis: [], programs: [] },
  'bench-fleet': { entry: 'test/bench/support/fleet-part.ts', uis: [], programs: [] },
  sim: { entry: 'test/fleet/main.ts', uis: [], programs: [], node: WORLDS },
  soak: { entry: 'test/fleet/soak/main.ts', uis: [], programs: [] },
  'sim-planted': {
    entry: 'test/fleet/planted.ts',
    uis: [],
    programs: [],
    planted: 'test/fleet/defects.ts',
    node: FEW_WORLDS,
  },
  screens: {
    entry: 'test/screens/main.ts',
    uis: ['kiosk', 'return-terminal', 'player', 'hub', 'gallery'],
    programs: [],
  },
  attack: { entry: 'test/attack/main.ts', uis: ['hub', 'kiosk', 'player', 'return-terminal'], programs: [] },
};

/** Folders with an `index.html`, built for the browser into `.build/ui/<name>/`. */
export const UIS = {
  kiosk: 'kiosk/ui',
  'return-terminal': 'return-terminal/ui',
  hub: 'hub/ui',
  player: 'firmware-sim/player/ui',
  panel: 'firmware-sim/panel/ui',
  gallery: 'shared/ui/gallery',
};

/**
 * Everything that can be built, as artifacts. `id` is also the folder below `.build/`.
 * @returns {{id: string, kind: 'program' | 'ui', name: string, entry: string, folder: string, planted?: string | undefined}[]}
 */
export function artifacts() {
  return [
    ...Object.entries(PROGRAMS).map(([name, { entry, planted }]) => ({
      id: name,
      kind: /** @type {const} */ ('program'),
      name,
      entry,
      folder: entry.slice(0, entry.lastIndexOf('/')),
      planted,
    })),
    ...Object.entries(UIS).map(([name, folder]) => ({
      id: `ui/${name}`,
      kind: /** @type {const} */ ('ui'),
      name,
      entry: `${folder}/index.html`,
      folder,
    })),
  ];
}
