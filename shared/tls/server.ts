import { constants } from 'node:crypto';
import { createSecureContext, type SecureContext, type TlsOptions } from 'node:tls';
import type { FleetTrust } from '#shared/media/signing.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { TlsIdentity } from './peer.ts';
import { TLS_RULES } from './rules.ts';

/** A handshake that is not over by then is ended, in milliseconds: whoever is slower holds a connection without having shown anything. */
const HANDSHAKE_MS = 10_000;
/** How long an identity is shown before it is asked for again: a renewed one is in use soon, and not every handshake reads files. */
const SHOWN_MS = 600_000;

/**
 * Options of a server for terminals: asks for a client certificate, shows its own up to the root (an enrolling terminal knows only the root's fingerprint),
 * resumes no session (each connection is judged by its certificate anew), and exchanges its identity without a restart.
 */
export async function terminalServerOptions(
  trust: FleetTrust,
  identity: () => Promise<TlsIdentity>,
  clock: Pick<Clock, 'now'>,
): Promise<TlsOptions> {
  const first = contextOf(trust, await identity());
  let present: Promise<SecureContext> = Promise.resolve(createSecureContext(first));
  let askedAt = clock.now();
  const shown = (): Promise<SecureContext> => {
    if (Math.abs(clock.now() - askedAt) < SHOWN_MS) return present;
    askedAt = clock.now();
    const former = present;
    present = identity().then(
      (fresh) => createSecureContext(contextOf(trust, fresh)),
      () => former,
    );
    return present;
  };
  return {
    ...first,
    SNICallback: (_name, done) => void shown().then((context) => done(null, context)),
    requestCert: true,
    // `verifiedPeer` judges each peer when its handshake is over; see there why not OpenSSL alone.
    rejectUnauthorized: false,
    handshakeTimeout: HANDSHAKE_MS,
  };
}

const contextOf = (trust: FleetTrust, { keyPem, chainPem }: TlsIdentity) => ({
  ...TLS_RULES,
  secureOptions: constants.SSL_OP_NO_TICKET,
  ca: trust.root.toString(),
  key: keyPem,
  cert: chainPem,
});

/** Why a handshake failed, as far as it looks like an attack; null: noise of a network. */
export function refusedHandshake(error: Error): 'plain_text' | 'old_tls' | 'too_slow' | null {
  const code = String(Reflect.get(error, 'code'));
  if (code === 'ERR_TLS_HANDSHAKE_TIMEOUT') return 'too_slow';
  if (
    /ERR_SSL_(UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|TLSV1_ALERT_PROTOCOL_VERSION|NO_PROTOCOLS_AVAILABLE)/.test(
      code,
    )
  )
    return 'old_tls';
  if (
    /ERR_SSL_(HTTP_REQUEST|WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|BAD_RECORD_TYPE|UNEXPECTED_MESSAGE)/.test(
      code,
    )
  )
    return 'plain_text';
  return null;
}
