import { type Check, isSource, isTest, type Violation, type VirtualFile } from './files.ts';
import { type Import, importsOf, targetOf } from './syntax.ts';
import { zoneOf } from './zones.ts';

const TOP_FOLDERS = ['shared', 'hub', 'kiosk', 'return-terminal', 'firmware-sim', 'test'];
const topOf = (path: string): string => path.split('/')[0] ?? '';

type Rule = (file: VirtualFile, one: Import, target: string | undefined) => string | undefined;

/** Runs a rule on every import of every source file. */
const forEachImport =
  (rule: Rule): Check =>
  (files) =>
    files
      .filter(({ path }) => isSource(path))
      .flatMap((file) =>
        importsOf(file).flatMap((one): Violation[] => {
          const message = rule(file, one, targetOf(file.path, one.specifier));
          return message === undefined ? [] : [{ path: file.path, line: one.line, message }];
        }),
      );

/** Folders import inwards only (`zones.ts`); tests may import anything. */
export const checkImportTable = forEachImport(({ path }, one, target) => {
  if (isTest(path) || path.endsWith('.mjs')) return undefined;
  const zone = zoneOf(path);
  if (zone === undefined) return undefined;
  if (target === undefined) {
    if (zone.packages === 'any' || zone.packages.some((it) => isPackage(one.specifier, it))) return undefined;
    return `${zone.folder} is pure and may not import ${one.specifier}; take what you need as a parameter, behind an interface of shared/ports`;
  }
  if (isForBrowsers(target) && !isForBrowsers(path) && !/(^|\/)ui\//.test(path))
    return `only a screen (a ui folder) may import ${target}: it runs in browsers; move what both need into a plain .ts file`;
  const other = zoneOf(target);
  if (other === undefined)
    return topOf(target) === 'test'
      ? `production code may not import ${target}; move what both need into shared`
      : undefined;
  if (other === zone || zone.may.includes(other.folder)) return undefined;
  if (one.typeOnly && zone.types?.includes(other.folder)) return undefined;
  const allowed = zone.may.length === 0 ? 'nothing' : zone.may.join(', ');
  return `${zone.folder} may not import ${other.folder} (${one.specifier}); it may import ${allowed}. Move the shared part inwards, or take it as a parameter behind a port (test/architecture/zones.ts)`;
});

const isForBrowsers = (path: string): boolean => /\.(svelte|svelte\.ts|css)$/.test(path);

const isPackage = (specifier: string, name: string): boolean =>
  specifier === name || specifier.startsWith(`${name}/`);

/** Nothing imports a program's `main.ts`: what others need of it belongs into a file that can be called. */
export const checkNoMainImport = forEachImport((_file, _one, target) =>
  target !== undefined && /(^|\/)main\.ts$/.test(target)
    ? `nothing may import ${target}: move what is needed into a function of a file beside it, and let main.ts call that`
    : undefined,
);

/** The layer shows in the specifier: `#folder/…` across top folders, never a relative path out of one; always with an ending. */
export const checkSpecifiers = forEachImport(({ path }, { specifier }, target) => {
  if (target === undefined) return undefined;
  if (specifier.startsWith('#') && !TOP_FOLDERS.includes(topOf(target)))
    return `${specifier} names no top folder; write one of ${TOP_FOLDERS.map((it) => `#${it}/`).join(' ')}`;
  const plain = path.endsWith('.mjs') || !path.includes('/');
  // Plain JavaScript runs before there is any bundler, from relative paths only.
  if (!plain && specifier.startsWith('.') && topOf(target) !== topOf(path))
    return `${specifier} leaves ${topOf(path)}; write #${target} so that the crossing can be seen`;
  if (!/\.[a-z0-9]+$/.test(target) || /\.js$/.test(target))
    return `${specifier} must name the file as it is, with its ending (.ts, .svelte, .json …)`;
  return undefined;
});

/** No file may, over any number of steps, import itself: also not for types, since then neither can be read first. */
export const checkCycles: Check = (files) => {
  const byPath = new Map(files.filter(({ path }) => isSource(path)).map((file) => [file.path, file]));
  const edges = new Map<string, readonly string[]>();
  for (const file of byPath.values()) {
    const targets = importsOf(file).map(({ specifier }) => targetOf(file.path, specifier));
    edges.set(
      file.path,
      targets.filter((target): target is string => target !== undefined && byPath.has(target)),
    );
  }
  const violations: Violation[] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string): void => {
    const at = trail.indexOf(path);
    if (at >= 0) {
      const cycle = [...trail.slice(at), path].join(' → ');
      const message = `imports itself: ${cycle}. Move what both need into a file that imports neither`;
      violations.push({ path, line: 0, message });
      return;
    }
    if (done.has(path)) return;
    trail.push(path);
    for (const target of edges.get(path) ?? []) visit(target);
    trail.pop();
    done.add(path);
  };
  for (const path of edges.keys()) visit(path);
  return violations;
};
