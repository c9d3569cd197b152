import ts from 'typescript';
import { type Check, isSource, isTest, type Violation, type VirtualFile } from './files.ts';
import { importsOf, lineOf, syntaxTrees, walk } from './syntax.ts';

/**
 * Time, chance, environment and output come in as parameters, so that the whole fleet runs in one process, on one
 * seed, under simulated time. These few places are where the real ones are made and read.
 */
export const mayTouchTheWorld = (path: string): boolean =>
  isTest(path) ||
  /(^|\/)drivers\//.test(path) ||
  /(^|\/)(main|config)\.ts$/.test(path) ||
  /(^|\/)ui\//.test(path) ||
  path.endsWith('.svelte') ||
  path.startsWith('firmware-sim/demo/') ||
  path.startsWith('shared/toolchain/') ||
  !path.includes('/');

const CLOCK = 'take a Clock (shared/ports/clock.ts) as a parameter and ask it';
const TIMER = 'take a Clock (shared/ports/clock.ts) as a parameter and use its sleep() or after()';
const CHANCE = 'take a Random (shared/ports/random.ts) as a parameter';
const ENVIRONMENT = 'read it in the program’s config.ts and pass the value on';
const OUTPUT = 'take a Log (shared/ports/log.ts) as a parameter';

/** `object.member` → what to do instead. `*` stands for every member. */
const MEMBERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Date: { now: CLOCK },
  performance: { now: CLOCK },
  Math: { random: CHANCE },
  process: { env: ENVIRONMENT, hrtime: CLOCK, uptime: CLOCK },
  console: { '*': OUTPUT },
  crypto: {
    randomBytes: CHANCE,
    randomUUID: CHANCE,
    randomInt: CHANCE,
    randomFillSync: CHANCE,
    getRandomValues: CHANCE,
  },
  AbortSignal: { timeout: TIMER },
  Temporal: { Now: CLOCK },
};
const CALLS: Readonly<Record<string, string>> = {
  Date: CLOCK,
  setTimeout: TIMER,
  setInterval: TIMER,
};
const IMPORTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  crypto: {
    randomBytes: CHANCE,
    randomUUID: CHANCE,
    randomInt: CHANCE,
    randomFill: CHANCE,
    randomFillSync: CHANCE,
  },
  process: { env: ENVIRONMENT, hrtime: CLOCK },
  perf_hooks: { performance: CLOCK },
};
const MODULES: Readonly<Record<string, string>> = {
  timers: TIMER,
  'timers/promises': TIMER,
  console: OUTPUT,
};

/** Clock, chance, timers, environment and console outside the places made for them. Found in the syntax, not the text. */
export const checkBans: Check = (files) =>
  files
    .filter(({ path }) => isSource(path) && !path.endsWith('.mjs') && !mayTouchTheWorld(path))
    .flatMap((file) => [...bannedImports(file), ...bannedUses(file)]);

function bannedImports(file: VirtualFile): Violation[] {
  return importsOf(file).flatMap(({ specifier, names, line }) => {
    const module = specifier.replace(/^node:/, '');
    const whole = MODULES[module];
    if (whole !== undefined) return [violation(file, line, specifier, whole)];
    return names.flatMap((name) => {
      const remedy = IMPORTS[module]?.[name];
      return remedy === undefined ? [] : [violation(file, line, `${name} of ${specifier}`, remedy)];
    });
  });
}

function bannedUses(file: VirtualFile): Violation[] {
  const found: Violation[] = [];
  for (const tree of syntaxTrees(file))
    walk(tree, (node) => {
      const hit = bannedMember(node) ?? bannedCall(node);
      if (hit !== undefined) found.push(violation(file, lineOf(node), hit.what, hit.remedy));
    });
  return found;
}

interface Hit {
  readonly what: string;
  readonly remedy: string;
}

function bannedMember(node: ts.Node): Hit | undefined {
  const member = ts.isPropertyAccessExpression(node)
    ? node.name.text
    : ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression)
      ? node.argumentExpression.text
      : undefined;
  if (member === undefined) return destructured(node);
  const object = globalName((node as ts.PropertyAccessExpression).expression);
  if (object === undefined) return undefined;
  const remedy = MEMBERS[object]?.[member] ?? MEMBERS[object]?.['*'];
  return remedy === undefined ? undefined : { what: `${object}.${member}`, remedy };
}

/** `const { env } = process` is the same as `process.env`. */
function destructured(node: ts.Node): Hit | undefined {
  if (!ts.isVariableDeclaration(node) || !ts.isObjectBindingPattern(node.name) || !node.initializer)
    return undefined;
  const object = globalName(node.initializer);
  if (object === undefined) return undefined;
  for (const element of node.name.elements) {
    const member = (element.propertyName ?? element.name).getText();
    const remedy = MEMBERS[object]?.[member] ?? MEMBERS[object]?.['*'];
    if (remedy !== undefined) return { what: `${object}.${member}`, remedy };
  }
  return undefined;
}

function bannedCall(node: ts.Node): Hit | undefined {
  if (!ts.isCallExpression(node) && !ts.isNewExpression(node)) return undefined;
  const name = globalName(node.expression);
  if (name === undefined || !Object.hasOwn(CALLS, name)) return undefined;
  // `new Date(ms)` turns a given time into fields and is pure; without arguments it reads the clock.
  if (name === 'Date' && ts.isNewExpression(node) && (node.arguments?.length ?? 0) > 0) return undefined;
  return { what: name === 'Date' ? 'new Date()' : `${name}()`, remedy: CALLS[name] ?? '' };
}

/** `x` for a bare `x`, and for `globalThis.x`. */
function globalName(node: ts.Expression): string | undefined {
  if (ts.isIdentifier(node)) return node.text;
  if (
    ts.isPropertyAccessExpression(node) &&
    ts.isIdentifier(node.expression) &&
    ['globalThis', 'global', 'window', 'self'].includes(node.expression.text)
  )
    return node.name.text;
  return undefined;
}

const violation = (file: VirtualFile, line: number, what: string, remedy: string): Violation => ({
  path: file.path,
  line,
  message: `${what} is not for here: ${remedy}`,
});

/** Tests have no unseeded chance, and none is skipped, left for later, or run alone. */
export const checkTestManners: Check = (files) =>
  files
    .filter(({ path }) => path.endsWith('.test.ts'))
    .flatMap((file) =>
      syntaxTrees(file).flatMap((tree) => {
        const found: Violation[] = [];
        walk(tree, (node) => {
          const hit = bannedMember(node);
          if (hit?.remedy === CHANCE && hit.what === 'Math.random')
            found.push(violation(file, lineOf(node), hit.what, 'draw from a generator with a fixed seed'));
          const modifier = testModifier(node);
          if (modifier !== undefined)
            found.push(
              violation(file, lineOf(node), modifier, 'a test runs always and wholly, or is not there'),
            );
        });
        return found;
      }),
    );

function testModifier(node: ts.Node): string | undefined {
  if (!ts.isPropertyAccessExpression(node) || !ts.isIdentifier(node.expression)) return undefined;
  const { text } = node.expression;
  const modifiers = ['skip', 'skipIf', 'runIf', 'todo', 'only'];
  return ['test', 'it', 'describe'].includes(text) && modifiers.includes(node.name.text)
    ? `${text}.${node.name.text}`
    : undefined;
}
