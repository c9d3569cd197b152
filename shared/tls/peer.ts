import type { TLSSocket } from 'node:tls';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { issuedBy, parseCertificate, roleAndName, sha256Hex, validity } from '#shared/media/certificate.ts';
import type { FleetTrust } from '#shared/media/signing.ts';
import type { SignerRole } from '#shared/ports/signer.ts';

/** Names under which the fleet's servers answer: SAN of their certificates, and what a client asks for. */
export type ServerName = 'hub' | 'broker';

/** What one side of a connection shows. Taken anew at each handshake, so that a renewed one is in use without a restart. */
export interface TlsIdentity {
  /** PKCS#8. */
  readonly keyPem: string;
  /** PEM, own certificate first, then the issuing one; a server's goes on to the root. */
  readonly chainPem: string;
}

export type PeerFault = Fault<
  'peer_without_certificate' | 'peer_foreign' | 'peer_unsuitable' | 'peer_expired'
>;

/** Who stands at the other end, proven by chain and by the handshake's own signature. */
export interface Peer {
  /** CN: a terminal's id, or a server's name. */
  readonly id: string;
  readonly role: SignerRole;
  /** SHA-256 of the certificate, hex. */
  readonly fingerprint: string;
  readonly serial: string;
  /** What it has shown (DER): its own certificate, then the issuing one. Read from the connection when it is asked for, since ten thousand of them are kept open. */
  chain(): readonly Uint8Array[];
}

export interface PeerDemand {
  readonly as: 'client' | 'server';
  /** A server's name; null: any. */
  readonly name: string | null;
  /**
   * The moment at which nothing of the chain may have ended; null: whoever asks judges the time by what it knows of the certificate. A beginning that
   * lies ahead is no fault: a terminal with a slow clock must reach the hub to learn the time (SYN-4), and the fleet's root has signed it already.
   */
  readonly at: EpochMs | null;
}

const PURPOSE = { client: '1.3.6.1.5.5.7.3.2', server: '1.3.6.1.5.5.7.3.1' } as const;
const DEEPEST = 4;
/** OpenSSL judges time by the machine's clock. Ours may be another one (a demo's, a test's): what it says of time is asked again here. */
const ABOUT_TIME: readonly string[] = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'];

/**
 * The certificates that the other side sent (DER, own first), with what the trust store adds; empty where it sent none. Not by `getPeerX509Certificate`, which would
 * cost half: in Node 20 it takes the issuing certificates out of the connection, so that whoever asks again finds the own one alone.
 */
export function sentChain(socket: TLSSocket): readonly Uint8Array[] {
  const chain: Uint8Array[] = [];
  let certificate = socket.getPeerCertificate(true);
  while (certificate?.raw !== undefined && chain.length < DEEPEST) {
    chain.push(certificate.raw);
    if (certificate.issuerCertificate === certificate) break;
    certificate = certificate.issuerCertificate;
  }
  return chain;
}

/**
 * The peer of a finished handshake (SEC-2): OpenSSL's verdict counts, except where it is about time, and the whole chain is verified once more
 * with `node:crypto`: device ← issuing ← this fleet's root, purpose, name, end.
 */
export function verifiedPeer(
  socket: TLSSocket,
  trust: FleetTrust,
  demand: PeerDemand,
): Result<Peer, PeerFault> {
  const chain = sentChain(socket);
  if (chain.length === 0) return fault('peer_without_certificate', 'the other side has shown no certificate');
  const verdict: unknown = socket.authorizationError ?? null;
  const said = verdict instanceof Error ? (Reflect.get(verdict, 'code') ?? verdict.message) : verdict;
  if (said !== null && !ABOUT_TIME.includes(String(said)))
    return fault(said === 'INVALID_PURPOSE' ? 'peer_unsuitable' : 'peer_foreign', String(said));
  const peer = verifyPeerChain(chain, trust, demand);
  return peer.ok ? ok({ ...peer.value, chain: () => sentChain(socket).slice(0, 2) }) : peer;
}

/** As `verifiedPeer`, for certificates alone: they say who somebody claims to be, not that he has the key. */
export function verifyPeerChain(
  chain: readonly Uint8Array[],
  trust: FleetTrust,
  { as, name, at }: PeerDemand,
): Result<Peer, PeerFault> {
  const [first, second] = chain;
  const own = first === undefined ? null : parseCertificate(first);
  const issuing = second === undefined ? null : parseCertificate(second);
  if (own === null || issuing === null) return fault('peer_foreign', 'the chain is not complete');
  const linked = issuing.ca && !own.ca && issuedBy(issuing, trust.root) && issuedBy(own, issuing);
  const named = roleAndName(own);
  if (!linked || named === null) return fault('peer_foreign', 'the certificate is not of this fleet');
  const suited = own.keyUsage?.includes(PURPOSE[as]) === true && (named.role === 'hub') === (as === 'server');
  if (!suited) return fault('peer_unsuitable', `the certificate of ${named.id} is not for a ${as}`);
  if (name !== null && own.checkHost(name, { subject: 'never', wildcards: false }) === undefined)
    return fault('peer_unsuitable', `the certificate of ${named.id} is not for ${name}`);
  if (at !== null && [own, issuing, trust.root].some((each) => at > validity(each).to))
    return fault('peer_expired', `the certificate of ${named.id} has ended`);
  const [fingerprint, serial] = [sha256Hex(own.raw), own.serialNumber];
  return ok({ ...named, fingerprint, serial, chain: () => chain.slice(0, 2) });
}
