import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '#shared/toolchain/assets.ts';

/** A file as the checks see it, so that a test can plant one that does not exist. Paths are relative, with `/`. */
export interface VirtualFile {
  readonly path: string;
  readonly text: string;
}

/** One broken house rule. */
export interface Violation {
  readonly path: string;
  /** 1-based; 0 when the whole file or folder is meant. */
  readonly line: number;
  /** What is wrong and what to do instead. */
  readonly message: string;
}

export type Check = (files: readonly VirtualFile[]) => Violation[];

/** What git ignores, and git itself: not part of the house. */
const OUTSIDE = new Set(['.git', 'node_modules', '.build', '.data', '.screens', '.svelte-kit', 'coverage']);
const TEXT =
  /(\.(ts|mts|mjs|js|svelte|json|md|sql|sh|css|html|yml|yaml|txt|conf|svg)|\/run|\.gitignore|\.npmrc)$/;

/** Every file of the project; files that are not text are listed with empty text. */
export function readProject(): VirtualFile[] {
  const root = projectRoot();
  const files: VirtualFile[] = [];
  const visit = (folder: string): void => {
    for (const item of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? item.name : `${folder}/${item.name}`;
      if (item.isDirectory()) {
        if (!OUTSIDE.has(item.name)) visit(path);
      } else if (item.isFile() && !item.name.endsWith('.log')) {
        files.push({ path, text: TEXT.test(path) ? readFileSync(join(root, path), 'utf8') : '' });
      }
    }
  };
  visit('');
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Violations as lines for a person. */
export const report = (violations: readonly Violation[]): string =>
  violations.map(({ path, line, message }) => `${path}${line > 0 ? `:${line}` : ''}: ${message}`).join('\n');

export const isTest = (path: string): boolean => path.endsWith('.test.ts') || path.startsWith('test/');
export const isSource = (path: string): boolean => /\.(ts|mts|mjs|svelte)$/.test(path);
