import type { Attack } from './contract.ts';

const modules = import.meta.glob<Record<string, unknown>>(['./rows/*.ts'], { eager: true });

const isAttack = (value: unknown): value is Attack =>
  typeof value === 'object' && value !== null && 'threat' in value && 'run' in value;

/** Every attack that a module of `rows/` exports, in the order of the modules' names. */
export const ATTACKS: readonly Attack[] = Object.entries(modules)
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .flatMap(([path, exported]) => {
    const found = Object.values(exported).filter(isAttack);
    if (found.length === 0) throw new Error(`test/attack/${path} exports no attack`);
    return found;
  });
