import type { CertificateRow, TerminalRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';

export interface RegistryEntry {
  readonly certificate: CertificateRow;
  readonly terminal: TerminalRow;
}

interface Waiting {
  readonly fingerprint: string;
  readonly done: (entry: RegistryEntry | null) => void;
  readonly failed: (error: unknown) => void;
}

/** Certificates of one question. */
const GROUP = 500;

/**
 * Reads certificates (SHA-256, hex) with their terminals; null: the fleet has no such certificate. What is asked for while the database answers the last question goes into one
 * question: ten thousand open connections are admitted anew every twenty seconds, and after a storm all at once.
 */
export function registryReader(
  stores: Pick<Stores, 'certificates' | 'terminals'>,
): (fingerprint: string) => Promise<RegistryEntry | null> {
  const waiting: Waiting[] = [];
  let running = false;

  const entriesOf = async (fingerprints: readonly string[]): Promise<ReadonlyMap<string, RegistryEntry>> => {
    const places = [...new Set(fingerprints)].map((fingerprint) => ({ fingerprint }));
    const certificates = await stores.certificates.among(places);
    const ids = [...new Set(certificates.map(({ terminalId }) => terminalId))];
    const terminals = await stores.terminals.among(ids.map((terminalId) => ({ terminalId })));
    const byId = new Map(terminals.map((terminal) => [terminal.terminalId, terminal]));
    const entries = new Map<string, RegistryEntry>();
    for (const certificate of certificates) {
      const terminal = byId.get(certificate.terminalId);
      if (terminal !== undefined) entries.set(certificate.fingerprint, { certificate, terminal });
    }
    return entries;
  };
  const run = async (): Promise<void> => {
    running = true;
    while (waiting.length > 0) {
      const group = waiting.splice(0, GROUP);
      try {
        const entries = await entriesOf(group.map(({ fingerprint }) => fingerprint));
        for (const { fingerprint, done } of group) done(entries.get(fingerprint) ?? null);
      } catch (error) {
        for (const { failed } of group) failed(error);
      }
    }
    running = false;
  };
  return (fingerprint) =>
    new Promise((done, failed) => {
      waiting.push({ fingerprint, done, failed });
      if (!running) void run();
    });
}
