/**
 * The import table of the house. A zone is a folder (the longest prefix that fits a file decides); `may` lists the
 * zones it may import besides itself. What is not listed is not allowed.
 */
export interface Zone {
  readonly folder: string;
  readonly may: readonly string[];
  /** Zones of which only types may come in. */
  readonly types?: readonly string[];
  /** Packages and Node.js modules it may import: any, or only these. Pure zones name the few. */
  readonly packages: 'any' | readonly string[];
}

const PURE = ['shared/kernel', 'shared/domain'];
/** What rules and use cases build on: no technology among it. */
const CORE = [...PURE, 'shared/protocol', 'shared/ports', 'shared/media'];
const CALCULATION = ['temporal-polyfill', 'wanakana', 'zod'];
const PROGRAMS = ['hub', 'kiosk', 'return-terminal'];

const within = (program: string, folders: readonly string[]): string[] =>
  folders.map((folder) => `${program}/${folder}`);

/** Kiosk and return terminal have the same rooms, on purpose. */
const terminal = (name: string): Zone[] => [
  // main, config and what else wires the parts together
  { folder: name, may: [...CORE, 'shared/edge', 'shared/toolchain', `${name}/app`], packages: 'any' },
  // Words and formats of shared/ui, for receipts; its components stay in the browser (imports.ts).
  { folder: `${name}/app`, may: [...CORE, 'shared/edge', 'shared/ui'], packages: 'any' },
  {
    folder: `${name}/ui`,
    may: [...PURE, 'shared/protocol', 'shared/ui', `${name}/app`],
    types: ['shared/edge', 'shared/ports'],
    packages: 'any',
  },
];

const hubAdapter = (name: string, also: readonly string[] = []): Zone => ({
  folder: `hub/${name}`,
  may: [...CORE, 'shared/toolchain', ...within('hub', ['domain', 'ports', 'app']), ...also],
  packages: 'any',
});

export const ZONES: readonly Zone[] = [
  { folder: 'shared/kernel', may: [], packages: [] },
  { folder: 'shared/domain', may: ['shared/kernel'], packages: CALCULATION },
  { folder: 'shared/protocol', may: [...PURE, 'shared/ports'], packages: 'any' },
  { folder: 'shared/media', may: [...PURE, 'shared/ports', 'shared/protocol'], packages: 'any' },
  { folder: 'shared/ports', may: PURE, packages: [] },
  // Mutual TLS of the fleet's own certificates: technology that both ends of a connection share.
  { folder: 'shared/tls', may: CORE, packages: 'any' },
  { folder: 'shared/edge', may: [...CORE, 'shared/tls', 'shared/toolchain'], packages: 'any' },
  {
    folder: 'shared/ui',
    may: [...PURE, 'shared/protocol'],
    types: ['shared/ports', 'shared/edge'],
    packages: 'any',
  },
  { folder: 'shared/toolchain', may: ['shared/kernel'], packages: 'any' },

  ...terminal('kiosk'),
  ...terminal('return-terminal'),

  {
    folder: 'hub',
    may: [
      ...CORE,
      'shared/tls',
      'shared/edge',
      'shared/toolchain',
      ...within('hub', [
        'domain',
        'ports',
        'app',
        'backup',
        'db',
        'mqtt',
        'http',
        'pki',
        'jobs',
        'metrics',
        'pictures',
      ]),
    ],
    packages: 'any',
  },
  {
    folder: 'hub/cli',
    may: [
      ...CORE,
      'shared/edge',
      'shared/toolchain',
      'hub',
      ...within('hub', ['domain', 'ports', 'app', 'http/contract']),
    ],
    types: ['hub/http'],
    packages: 'any',
  },
  { folder: 'hub/domain', may: [...PURE, 'shared/protocol', 'shared/ports'], packages: CALCULATION },
  { folder: 'hub/ports', may: [...CORE, 'hub/domain'], packages: 'any' },
  { folder: 'hub/app', may: [...CORE, 'hub/domain', 'hub/ports'], packages: 'any' },
  hubAdapter('http', ['hub/http/contract', 'shared/tls']),
  // The staff API as schemas: what the console, the command line and a story agree with the hub on.
  { folder: 'hub/http/contract', may: [...PURE, 'shared/protocol', 'hub/http'], packages: 'any' },
  hubAdapter('backup', ['hub/db']),
  hubAdapter('pictures'),
  hubAdapter('metrics'),
  hubAdapter('mqtt', ['shared/tls']),
  hubAdapter('jobs'),
  // Databases and certificates implement ports: they know no use case.
  { folder: 'hub/db', may: [...CORE, 'shared/toolchain', 'hub/domain', 'hub/ports'], packages: 'any' },
  { folder: 'hub/pki', may: [...CORE, 'hub/domain', 'hub/ports'], packages: 'any' },
  {
    folder: 'hub/ui',
    may: [...PURE, 'shared/protocol', 'shared/ui'],
    types: ['hub/app', 'hub/domain', 'hub/ports', 'hub/http', 'hub/http/contract'],
    packages: 'any',
  },

  {
    folder: 'firmware-sim',
    may: [...CORE, 'shared/edge', 'shared/toolchain', 'firmware-sim/player', 'firmware-sim/panel'],
    packages: 'any',
  },
  {
    folder: 'firmware-sim/player',
    may: [...CORE, 'shared/edge', 'shared/toolchain', 'firmware-sim'],
    packages: 'any',
  },
  {
    folder: 'firmware-sim/player/ui',
    may: [...PURE, 'shared/protocol', 'shared/ui'],
    types: ['firmware-sim/player'],
    packages: 'any',
  },
  {
    folder: 'firmware-sim/panel',
    may: [...CORE, 'shared/edge', 'shared/toolchain', 'firmware-sim'],
    packages: 'any',
  },
  {
    folder: 'firmware-sim/panel/ui',
    may: [...PURE, 'shared/protocol', 'shared/ui'],
    types: ['firmware-sim/panel', 'firmware-sim'],
    packages: 'any',
  },
  // The demo and the story bring a whole fleet up in one place.
  ...['demo', 'story'].map((name) => ({
    folder: `firmware-sim/${name}`,
    may: [
      ...CORE,
      'shared/edge',
      'shared/toolchain',
      ...within('firmware-sim', ['player', 'panel', 'demo']),
      'firmware-sim',
      ...PROGRAMS,
      ...PROGRAMS.map((program) => `${program}/app`),
      ...within('hub', ['domain', 'ports', 'http/contract']),
    ],
    packages: 'any' as const,
  })),
];

/** The zone of a file, or undefined for tests, for the files at the top and for folders that are nobody's. */
export function zoneOf(path: string): Zone | undefined {
  let best: Zone | undefined;
  for (const zone of ZONES)
    if (path.startsWith(`${zone.folder}/`) && zone.folder.length > (best?.folder.length ?? 0)) best = zone;
  return best;
}
