import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';

/** NIST SP 800-63B-4 3.1.1.2: at least 15 characters where a password may stand alone; no rules of composition. */
export const PASSWORD_MIN = 15;
export const PASSWORD_MAX = 200;
/** Guesses that a password must be worth (zxcvbn): what takes fewer is on a list, a pattern, or made of the account's own words. */
const GUESSES_LOG10 = 10;

const judge = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });

export type PasswordFault = Fault<'password_too_short' | 'password_too_long' | 'password_common'>;

/** SEC-7: whether people may take this password. `words`: of their surroundings, such as the account's name, which count for nothing. */
export function checkPassword(password: string, words: readonly string[]): Result<void, PasswordFault> {
  const characters = [...password.normalize('NFKC')].length;
  if (characters < PASSWORD_MIN)
    return fault('password_too_short', `at least ${PASSWORD_MIN} characters; a few words in a row are good`);
  if (characters > PASSWORD_MAX) return fault('password_too_long', `at most ${PASSWORD_MAX} characters`);
  const { guessesLog10 } = judge.check(password.slice(0, 100), [...words, 'keyturn']);
  return guessesLog10 < GUESSES_LOG10
    ? fault('password_common', 'this is easy to guess: common words, a pattern, or the name of the account')
    : ok(undefined);
}
