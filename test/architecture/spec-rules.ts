import ts from 'typescript';
import { type Check, isTest, type Violation, type VirtualFile } from './files.ts';
import { syntaxTrees, walk } from './syntax.ts';

/** Documents that number their own rules, and the kind of number each uses. */
const SPECS: Readonly<Record<string, string>> = {
  'shared/protocol/SPEC.md': 'PR',
  'shared/media/SPEC.md': 'MS',
};

/** A rule as its document has it. */
export interface SpecRule {
  readonly id: string;
  readonly path: string;
  readonly line: number;
  /** Files in which it opens a test's title. */
  readonly tests: readonly string[];
}

/** Ids that open a title: `MS-14 MED-3: …`, `SYN-3, PR-13: …`. */
const OPENING = /^(?:[A-Z0-9]{2,3}-\d+(?:, | and | |: ?))+/;

function titled(files: readonly VirtualFile[]): ReadonlyMap<string, ReadonlySet<string>> {
  const named = new Map<string, Set<string>>();
  for (const file of files) {
    if (!isTest(file.path) || !file.path.endsWith('.ts') || file.path.startsWith('test/architecture/'))
      continue;
    for (const tree of syntaxTrees(file))
      walk(tree, (node) => {
        const text = ts.isStringLiteralLike(node) || ts.isTemplateHead(node) ? node.text : '';
        for (const id of OPENING.exec(text)?.[0].match(/\b(?:PR|MS)-\d+/g) ?? [])
          named.set(id, (named.get(id) ?? new Set()).add(file.path));
      });
  }
  return named;
}

const declared = (files: readonly VirtualFile[]): readonly Omit<SpecRule, 'tests'>[] =>
  files.flatMap(({ path, text }) => {
    const kind = SPECS[path];
    if (kind === undefined) return [];
    return text.split('\n').flatMap((line, index) => {
      const id = new RegExp(`^- \\*\\*(${kind}-\\d+)\\b`).exec(line)?.[1];
      return id === undefined ? [] : [{ id, path, line: index + 1 }];
    });
  });

/** Every rule of the SPEC files, with the tests that carry its id. */
export function specRules(files: readonly VirtualFile[]): readonly SpecRule[] {
  const named = titled(files);
  return declared(files).map((rule) => ({ ...rule, tests: [...(named.get(rule.id) ?? [])].sort() }));
}

/** Each rule of a SPEC file stands there once and opens some test's title; a title names no rule that no SPEC file has. */
export const checkSpecsProved: Check = (files) => {
  const rules = specRules(files);
  const known = new Set(rules.map(({ id }) => id));
  const seen = new Set<string>();
  const found: Violation[] = [];
  for (const { id, path, line, tests } of rules) {
    if (seen.has(id)) found.push({ path, line, message: `${id} stands there twice: give one a new number` });
    else if (tests.length === 0)
      found.push({
        path,
        line,
        message: `${id} opens no test's title: write the test that fails without it and call it "${id}: …"`,
      });
    seen.add(id);
  }
  for (const [id, paths] of titled(files))
    if (!known.has(id))
      for (const path of paths)
        found.push({
          path,
          line: 0,
          message: `there is no rule ${id} in a SPEC.md: name the rule it proves`,
        });
  return found;
};
