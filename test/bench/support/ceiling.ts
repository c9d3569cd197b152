import { constants, type KeyObject, verify, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import postgres from 'postgres';
import type { ReceivedBatch } from '#hub/app/ingest/commit-group.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { Clock } from '#shared/ports/clock.ts';

/** What no hub can do without, measured beside the hub on the same machine: processor time, and bare signatures. */

/** A clock of a simulated date that waits as the machine's own does. */
export const benchTime = (date: Clock): Clock => ({
  now: () => date.now(),
  monotonic: () => systemClock.monotonic(),
  sleep: systemClock.sleep,
  after: systemClock.after,
});

/** Seconds of processor time. */
export interface Processors {
  readonly node: number;
  /** All processes of this database's server that are there at the end. */
  readonly database: number;
}

/** What this process and the server of a database have taken of the processors so far. */
export async function processors(url: string): Promise<{ since(before: object): Processors }> {
  const sql = postgres(url, { max: 1 });
  const found = await sql`select pid from pg_stat_activity where pid <> pg_backend_pid()`;
  await sql.end();
  const { user, system } = process.cpuUsage();
  const look = {
    node: (user + system) / 1e6,
    server: new Map(found.map(({ pid }) => [pid, secondsOf(pid)])),
  };
  return {
    ...look,
    since: (before) => {
      const { node, server } = before as typeof look;
      const database = [...look.server].reduce((sum, [pid, now]) => sum + now - (server.get(pid) ?? 0), 0);
      return { node: look.node - node, database };
    },
  };
}

/** proc(5), `/proc/PID/stat`: `utime` and `stime`, in hundredths of a second; 0 where the kernel does not say. */
function secondsOf(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}

/** The signed documents that these events bring, each once. */
export function documentsIn(batches: readonly ReceivedBatch[]): readonly string[] {
  const texts = new Set<string>();
  for (const { batch } of batches)
    for (const { data } of batch.events)
      for (const name of ['licence', 'receipt', 'quote']) {
        const text: unknown = Reflect.get(data as object, name);
        if (typeof text === 'string') texts.add(text);
      }
  return [...texts];
}

/** So many of these documents' signatures one core verifies a second, with keys that were read before and nothing else around it. */
export function bareSignatures(documents: readonly string[]): number {
  const keys = new Map<string, KeyObject>();
  const ready = documents.slice(0, 2_000).map((jws) => {
    const header = JSON.parse(Buffer.from(jws.slice(0, jws.indexOf('.')), 'base64url').toString());
    const own: string = header.x5c[0];
    const key = keys.get(own) ?? new X509Certificate(Buffer.from(own, 'base64')).publicKey;
    keys.set(own, key);
    const end = jws.lastIndexOf('.');
    return {
      signed: Buffer.from(jws.slice(0, end)),
      signature: Buffer.from(jws.slice(end + 1), 'base64url'),
      pss: { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
    };
  });
  const before = process.cpuUsage();
  for (const { signed, signature, pss } of ready)
    assert(verify('sha256', signed, pss, signature), 'a document of the benchmark is signed');
  const { user, system } = process.cpuUsage(before);
  return (ready.length * 1e6) / (user + system);
}
