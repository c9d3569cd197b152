import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Attack, Target } from '#test/attack/contract.ts';
import { type RawRequest, rawHttp } from '#test/attack/support/raw-http.ts';

const SECRET = 'the-file-that-the-attacker-is-after';

/** Ways to say "the folder above" that servers, decoders and file systems have fallen for. */
const CLIMBS = [
  '../',
  '..%2f',
  '%2e%2e/',
  '%2e%2e%2f',
  '..%252f',
  '..%5c',
  '..\\',
  '....//',
  '%c0%ae%c0%ae/',
  '..%c0%af',
  '..;/',
  '.%00./',
];

const waysTo = (name: string): string[] => [
  ...CLIMBS.flatMap((climb) => [1, 2, 3, 8].map((depth) => climb.repeat(depth) + name)),
  `%00${name}`,
  `/${name}`,
  `%2f${name}`,
  `file:///${name}`,
];

/** Asks every address for a secret file, by every way up; answers the requests that brought it, a part of anything, or a fault of the program. */
async function plunder(
  base: string,
  prefixes: readonly string[],
  names: readonly string[],
  as: RawRequest['as'],
): Promise<{ readonly tried: number; readonly leaked: readonly string[] }> {
  const leaked: string[] = [];
  let tried = 0;
  for (const prefix of prefixes)
    for (const name of names)
      for (const way of waysTo(name))
        for (const range of [undefined, 'bytes=0-99']) {
          tried += 1;
          const path = `${prefix}${way}`;
          const answer = await rawHttp(base, {
            path,
            headers: range === undefined ? {} : { range },
            ...(as === undefined ? {} : { as }),
          });
          if (answer.body.includes(SECRET) || answer.status === 206 || answer.status >= 500)
            leaked.push(`${answer.status} ${path}`);
        }
  return { tried, leaked };
}

/** A file beside everything that the fleet keeps, and where it lies for somebody who knows this machine. */
async function bait(target: Target): Promise<{ readonly names: readonly string[] }> {
  const path = join(target.folder, 'bait.txt');
  await writeFile(path, `${SECRET}\n`);
  return { names: ['bait.txt', path.slice(1)] };
}

const shown = (found: { readonly tried: number; readonly leaked: readonly string[] }): string =>
  found.leaked.length === 0
    ? `${found.tried} ways up, nothing came back`
    : `${found.leaked.length} of ${found.tried} came back: ${found.leaked.slice(0, 3).join(' ; ')}`;

export const pathTraversalAtHub: Attack = {
  id: 'path-traversal-hub',
  threat: 'path-traversal',
  rule: 'SEC-8',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const { names } = await bait(target);
    const { kiosk } = target.identities;
    const prefixes = ['/terminal/v1/editions/', '/terminal/v1/assets/', '/assets/', '/'];
    const found = await plunder(target.terminalsUrl, prefixes, names, kiosk);
    return {
      outcome: found.leaked.length === 0 ? 'refused' : 'got-through',
      evidence: shown(found),
      trace: { alert: 'security_path_refused', subject: kiosk.terminalId },
    };
  },
};

export const pathTraversalAtPlayer: Attack = {
  id: 'path-traversal-player',
  threat: 'path-traversal',
  rule: 'SEC-8',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const { names } = await bait(target);
    const found = await plunder(target.fleet.own.playerUrl, ['/content/', '/assets/', '/'], names, undefined);
    return {
      outcome: found.leaked.length === 0 ? 'refused' : 'got-through',
      evidence: shown(found),
      trace: { playerLog: 'security_path_refused' },
    };
  },
};
