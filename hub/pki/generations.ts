import { X509Certificate } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '#shared/kernel/assert.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import {
  type AuthorityKeyName,
  type AuthorityKeyRole,
  type KeyProvider,
  writeDurable,
} from './key-provider.ts';

/** One generation of a key of the authority, with its certificate (PEM; the chain behind it where it has one). */
export interface Generation {
  readonly number: number;
  readonly keyPem: string;
  readonly certificatePem: string;
}

const nameOf = (role: AuthorityKeyRole, number: number): AuthorityKeyName =>
  number === 1 ? role : `${role}.${number}`;

/** The newest generation whose certificate lies in `folder`; null before the first. A certificate without its key stops the start. */
export async function newest(
  keys: KeyProvider,
  folder: string,
  role: AuthorityKeyRole,
): Promise<Generation | null> {
  const number = await newestNumber(folder, role);
  if (number === 0) return null;
  const name = nameOf(role, number);
  const keyPem = await keys.load(name);
  assert(keyPem !== null, `the key ${name} is gone, its certificate is not`);
  return { number, keyPem, certificatePem: await readFile(join(folder, `${name}.pem`), 'utf8') };
}

/** Every generation that there is, oldest first. */
export async function everyGeneration(
  keys: KeyProvider,
  folder: string,
  role: AuthorityKeyRole,
): Promise<readonly Generation[]> {
  const last = await newestNumber(folder, role);
  const found: Generation[] = [];
  for (let number = 1; number <= last; number += 1) {
    const name = nameOf(role, number);
    const keyPem = await keys.load(name);
    const certificatePem = await readFile(join(folder, `${name}.pem`), 'utf8').catch(() => null);
    if (keyPem !== null && certificatePem !== null) found.push({ number, keyPem, certificatePem });
  }
  return found;
}

/**
 * Makes the next generation: the key first, then its certificate by `certify`. A start that ended between the two goes on with the key
 * that is there.
 */
export async function makeNext(
  keys: KeyProvider,
  folder: string,
  role: AuthorityKeyRole,
  certify: (keyPem: string, number: number) => string,
): Promise<Generation> {
  const number = (await newestNumber(folder, role)) + 1;
  const name = nameOf(role, number);
  const keyPem = (await keys.load(name)) ?? (await keys.create(name));
  const certificatePem = certify(keyPem, number);
  await writeDurable(join(folder, `${name}.pem`), certificatePem);
  return { number, keyPem, certificatePem };
}

/** True when a third of the certificate's life or less is left: time for the next (SEC-1). */
export function dueForRenewal(certificatePem: string, now: EpochMs): boolean {
  const { validFrom, validTo } = new X509Certificate(certificatePem);
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
  return now >= from + ((to - from) * 2) / 3;
}

/** The certificates of every generation, oldest first, without their keys. */
export async function everyCertificate(folder: string, role: AuthorityKeyRole): Promise<readonly string[]> {
  const last = await newestNumber(folder, role);
  const found: string[] = [];
  for (let number = 1; number <= last; number += 1) {
    const pem = await readFile(join(folder, `${nameOf(role, number)}.pem`), 'utf8').catch(() => null);
    if (pem !== null) found.push(pem);
  }
  return found;
}

async function newestNumber(folder: string, role: AuthorityKeyRole): Promise<number> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const numbers = (await readdir(folder)).map((file) => {
    const match = new RegExp(`^${role}(?:\\.([1-9][0-9]{0,6}))?\\.pem$`).exec(file);
    return match === null ? 0 : Number(match[1] ?? 1);
  });
  return Math.max(0, ...numbers);
}
