import ts from 'typescript';
import { type Check, isTest, type VirtualFile } from './files.ts';
import { syntaxTrees, walk } from './syntax.ts';

/** Kinds of rules with the highest number of each, as REQUIREMENTS.md has them; SEC, SCR and OPS are groups. */
const KNOWN: Readonly<Record<string, number>> = {
  ...{ RNT: 8, CHG: 7, LED: 2, PAY: 2, RET: 7, RWD: 1, RAT: 1, RSV: 1, REC: 1, MED: 5, LIC: 2, PLY: 2 },
  ...{ SYN: 6, FLT: 3, CNT: 1, SEC: 9, SCR: 8, OPS: 5, MBR: 1, CAT: 4, RGT: 2, RPT: 1, MON: 1, IDS: 1 },
  ...{ LCK: 4, DUP: 1, P2P: 3, PPD: 2, STL: 1, SOC: 1, PRM: 5 },
};

/** Rules whose tests come with later work: of the second and third capability. */
const LATER = new Set(['RNT-5', 'PAY-2', 'PLY-2', 'CAT-1', 'CAT-2', 'CAT-3']);
/** Rule groups and kinds that a later issue builds out: listed by `npm test`, not yet demanded. */
const LATER_KINDS = new Set([
  ...['SCR', 'OPS', 'MBR', 'RGT', 'RPT', 'MON', 'IDS', 'LCK', 'DUP', 'P2P', 'PPD', 'STL', 'SOC', 'PRM'],
]);

const kindOf = (rule: string): string => rule.slice(0, 3);

/** Ids of all rules that a test must prove now. */
export const DEMANDED: readonly string[] = Object.entries(KNOWN)
  .flatMap(([kind, count]) => Array.from({ length: count }, (_, index) => `${kind}-${index + 1}`))
  .filter((rule) => !LATER.has(rule) && !LATER_KINDS.has(kindOf(rule)));

/** Every rule id that opens a test's title, with the files where it does. `CHG-2, CHG-3: …` names both. */
export function namedRules(files: readonly VirtualFile[]): ReadonlyMap<string, readonly string[]> {
  const named = new Map<string, string[]>();
  for (const file of files) {
    if (!isTest(file.path) || !file.path.endsWith('.ts') || file.path.startsWith('test/architecture/'))
      continue;
    for (const tree of syntaxTrees(file))
      walk(tree, (node) => {
        const text = ts.isStringLiteralLike(node) || ts.isTemplateHead(node) ? node.text : '';
        const opening = /^(?:[A-Z0-9]{3}-\d+(?:, | and | |: ?))+/.exec(text)?.[0] ?? '';
        for (const rule of opening.match(/[A-Z0-9]{3}-\d+/g) ?? [])
          named.set(rule, [...(named.get(rule) ?? []), file.path]);
      });
  }
  return named;
}

/** Each rule of the first capability opens some test's title. */
export const checkRulesProved: Check = (files) => {
  const named = namedRules(files);
  return DEMANDED.filter((rule) => !named.has(rule)).map((rule) => ({
    path: 'REQUIREMENTS.md',
    line: 0,
    message: `${rule} opens no test's title: write the test that proves it and call it "${rule}: …"`,
  }));
};

/** A test's title names no rule that does not exist (ids of SPEC files have other kinds). */
export const checkRulesExist: Check = (files) =>
  [...namedRules(files)].flatMap(([rule, paths]) => {
    const highest = KNOWN[kindOf(rule)];
    const number = Number(rule.slice(4));
    if (highest === undefined || (number >= 1 && number <= highest)) return [];
    return paths.map((path) => ({
      path,
      line: 0,
      message: `there is no rule ${rule} in REQUIREMENTS.md: name the rule this test proves`,
    }));
  });

/** Rule ids in the text of REQUIREMENTS.md, for comparing with the list above where that file is at hand. */
export const rulesInText = (text: string): readonly string[] => [
  ...new Set([...text.matchAll(/\*\*([A-Z0-9]{3}-\d+)\b[^*]*\*\*/g)].map((match) => match[1] ?? '')),
];
export const knownRules = (): readonly string[] =>
  Object.entries(KNOWN).flatMap(([kind, count]) =>
    Array.from({ length: count }, (_, index) => `${kind}-${index + 1}`),
  );
