import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';

/** The real hub and the processes of terminals, built for one run. */
export interface Programs {
  readonly hub: string;
  readonly terminals: string;
  remove(): void;
}

const project = join(import.meta.dirname, '..', '..');

export async function buildPrograms(): Promise<Programs> {
  /** Below the project, so that the programs find the packages. */
  const folder = join(project, '.build', `fire-${process.pid}`);
  await build({
    configFile: false,
    root: project,
    logLevel: 'error',
    build: {
      ssr: true,
      outDir: folder,
      emptyOutDir: true,
      rollupOptions: {
        input: {
          hub: join(project, 'hub', 'main.ts'),
          terminals: join(project, 'test', 'fire', 'terminal-process.ts'),
        },
        output: { entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' },
      },
    },
  });
  return {
    hub: join(folder, 'hub.mjs'),
    terminals: join(folder, 'terminals.mjs'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
