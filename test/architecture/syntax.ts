import { parse } from 'svelte/compiler';
import ts from 'typescript';
import type { VirtualFile } from './files.ts';

/** An import or re-export as written. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** True when only types come in, so that nothing of it runs. */
  readonly typeOnly: boolean;
  /** Names taken from the module; empty for a default, a namespace or a dynamic import. */
  readonly names: readonly string[];
}

const parsed = new WeakMap<VirtualFile, readonly ts.SourceFile[]>();

/**
 * The syntax trees of a file: one for a TypeScript or JavaScript file, one for each script of a Svelte component
 * (lines counted as in the component). A component that Svelte cannot read is an error, not an empty list.
 */
export function syntaxTrees(file: VirtualFile): readonly ts.SourceFile[] {
  let trees = parsed.get(file);
  if (trees === undefined) {
    const texts = file.path.endsWith('.svelte') ? svelteScripts(file) : [file.text];
    trees = texts.map((text) =>
      ts.createSourceFile(file.path, text, ts.ScriptTarget.ES2023, true, ts.ScriptKind.TS),
    );
    parsed.set(file, trees);
  }
  return trees;
}

/** The scripts of a component, each led by as many empty lines as the component has before it. */
function svelteScripts(file: VirtualFile): string[] {
  const root = parse(file.text, { modern: true, filename: file.path });
  return [root.module, root.instance].flatMap((script) => {
    if (script === null || script === undefined) return [];
    const { start, end } = script.content as unknown as { start: number; end: number };
    return ['\n'.repeat(file.text.slice(0, start).split('\n').length - 1) + file.text.slice(start, end)];
  });
}

export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

export const lineOf = (node: ts.Node): number => {
  const tree = node.getSourceFile();
  return tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
};

/** All imports of a file: static, re-exported, dynamic with a literal, and `import('…')` types. */
export function importsOf(file: VirtualFile): Import[] {
  const found: Import[] = [];
  for (const tree of syntaxTrees(file)) {
    walk(tree, (node) => {
      const one = readImport(node);
      if (one !== undefined) found.push({ ...one, line: lineOf(node) });
    });
  }
  return found;
}

function readImport(node: ts.Node): Omit<Import, 'line'> | undefined {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    const clause = node.importClause;
    const bindings = clause?.namedBindings;
    const elements = bindings !== undefined && ts.isNamedImports(bindings) ? [...bindings.elements] : [];
    const allTypes =
      elements.length > 0 && clause?.name === undefined && elements.every((it) => it.isTypeOnly);
    return {
      specifier: node.moduleSpecifier.text,
      typeOnly: clause?.phaseModifier === ts.SyntaxKind.TypeKeyword || allTypes,
      names: elements.map((it) => (it.propertyName ?? it.name).text),
    };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier))
    return { specifier: node.moduleSpecifier.text, typeOnly: node.isTypeOnly, names: [] };
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [argument] = node.arguments;
    if (argument !== undefined && ts.isStringLiteralLike(argument))
      return { specifier: argument.text, typeOnly: false, names: [] };
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    const { literal } = node.argument;
    if (ts.isStringLiteral(literal)) return { specifier: literal.text, typeOnly: true, names: [] };
  }
  return undefined;
}

/** The project file a specifier means (by path alone, whether it exists or not), or undefined for a package. */
export function targetOf(importer: string, specifier: string): string | undefined {
  if (specifier.startsWith('#')) return specifier.slice(1).replace(/\?.*$/, '');
  if (!specifier.startsWith('.')) return undefined;
  const parts = importer.split('/').slice(0, -1);
  for (const part of specifier.replace(/\?.*$/, '').split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}
