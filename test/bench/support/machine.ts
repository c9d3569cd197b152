import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { postgresBinaries } from '#test/parts.mjs';

/** A look at what the host of this machine left it so far. */
export interface HostLook {
  readonly load: number;
  readonly ticks: number;
  readonly stolen: number;
  /** Share of all processors' time since `before` that the host took for others; 0 where the kernel does not say. */
  tookSince(before: HostLook): number;
}

export function hostLook(): HostLook {
  const [ticks, stolen] = processorTicks();
  return {
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
    ticks,
    stolen,
    tookSince: (before) =>
      ticks === before.ticks
        ? 0
        : Math.round((1000 * (stolen - before.stolen)) / (ticks - before.ticks)) / 1000,
  };
}

/** All ticks and those that were stolen: proc(5), `/proc/stat`, the eighth figure. */
function processorTicks(): readonly [all: number, stolen: number] {
  try {
    const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
    const figures = line.trim().split(/\s+/).slice(1, 9).map(Number);
    return [figures.reduce((sum, each) => sum + each, 0), figures[7] ?? 0];
  } catch {
    return [0, 0];
  }
}

/** What the figures were taken on, without a name of the machine. */
export function machineLines(): readonly string[] {
  const [processor] = cpus();
  const versions = [
    ['PostgreSQL', `${postgresBinaries() ?? ''}/postgres`, '--version'],
    ['Mosquitto', 'mosquitto', '-h'],
    ['age', 'age', '--version'],
  ].flatMap(([name = '', program = '', option = '']) => {
    const found = /\d+\.\d+(\.\d+)?/.exec(saidBy(program, option));
    return found === null ? [] : [`${name} ${found[0]}`];
  });
  return [
    `${cpus().length} × ${processor?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release().split('-')[0]}`,
    [`Node.js ${process.versions.node}`, ...versions].join(', '),
  ];
}

function saidBy(program: string, option: string): string {
  try {
    return execFileSync(program, [option], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch (error) {
    return String((error as { stdout?: unknown }).stdout ?? '');
  }
}
