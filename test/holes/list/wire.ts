import type { Cut, Hole } from '../hole.ts';

const PEER = 'shared/tls/peer.ts';
const GATE = 'hub/app/enrolment/gate.ts';
const BROKER = 'hub/mqtt/embedded-broker.ts';
const RIGHTS = 'hub/mqtt/rights.ts';
const LIMITS = 'hub/mqtt/connection-limits.ts';
const MOSQUITTO = 'hub/mqtt/mosquitto-config.ts';

const ownTopicOnly: Cut = {
  file: RIGHTS,
  guard: "parsed?.kind !== 'up' || parsed.terminal !== terminal",
  open: 'parsed === null',
};

const anyAuthority: readonly Cut[] = [
  { file: PEER, guard: 'said !== null && !ABOUT_TIME.includes(String(said))', open: 'false' },
  { file: PEER, guard: '!linked || named === null', open: 'named === null' },
];
/** Whoever comes is taken for the kiosk. */
const noRegistry: Cut = {
  file: GATE,
  guard: 'await entryOf(fingerprint)',
  open: "await entryOf((await stores.certificates.first({ terminalId: 'story-kiosk', state: 'active' }))?.fingerprint ?? '')",
};

/** Identities, topics, packets, servers. */
export const WIRE_HOLES: readonly Hole[] = [
  {
    id: 'tls-believes-any-authority',
    rows: ['certificate-of-a-foreign-authority'],
    cuts: anyAuthority,
    // The registry of certificates stands behind it: nobody comes in, and staff would look for the wrong thing.
    says: 'NO TRACE',
    evidence: 'no alert security_certificate_foreign',
  },
  {
    id: 'any-authority-and-no-registry',
    rows: ['certificate-of-a-foreign-authority'],
    cuts: [...anyAuthority, noRegistry],
    says: 'GOT THROUGH',
    evidence: 'hub: 200, broker: connected',
  },
  {
    id: 'any-certificate-and-no-registry',
    rows: ['certificate-of-a-server-as-terminal'],
    cuts: [
      ...anyAuthority,
      noRegistry,
      { file: PEER, guard: '!suited', open: 'false' },
      { file: 'hub/http/terminal/guard.ts', guard: 'admitted.value.terminalId !== peer.id', open: 'false' },
    ],
    says: 'GOT THROUGH',
    evidence: 'hub: 200',
  },
  {
    id: 'registry-of-certificates-not-asked',
    rows: ['certificate-second-of-the-same-name'],
    cuts: [noRegistry],
    says: 'GOT THROUGH',
    evidence: 'broker: connected',
    sample: true,
  },
  {
    id: 'revocation-not-looked-at',
    rows: ['certificate-revoked'],
    cuts: [
      {
        file: GATE,
        guard: "certificate.state === 'revoked' || !['enrolling', 'active'].includes(terminal.state)",
        open: 'false',
      },
    ],
    // A first connection is judged by the certificate's own row once more.
    says: 'NO TRACE',
    evidence: 'no alert security_terminal_revoked',
  },
  {
    id: 'end-of-certificate-not-looked-at',
    rows: ['certificate-expired'],
    cuts: [{ file: GATE, guard: 'now < certificate.validTo', open: 'true' }],
    says: 'GOT THROUGH',
    evidence: 'hub: 200',
    // The ended certificate takes the place of the kiosk's own.
    asked: 'at the end',
  },
  {
    id: 'publish-anywhere',
    rows: ['publish-on-other-topics'],
    cuts: [ownTopicOnly],
    says: 'GOT THROUGH',
    evidence: 'messages on others',
    sample: true,
  },
  {
    id: 'will-not-judged-at-connect',
    rows: ['will-on-other-topics'],
    cuts: [
      {
        file: BROKER,
        guard: '!mayPublish(peer.id as TerminalId, factsOf(will as PublishPacket))',
        open: 'false',
      },
    ],
    // Each publish is judged again when the broker sends the will: it is not heard, but nobody hears of the attempt either.
    says: 'NO TRACE',
    evidence: 'no alert security_will_denied',
  },
  {
    id: 'will-anywhere',
    rows: ['will-on-other-topics'],
    cuts: [ownTopicOnly],
    says: 'GOT THROUGH',
    evidence: 'wills heard',
  },
  {
    id: 'subscribe-to-anything',
    rows: ['subscribe-to-others'],
    cuts: [{ file: RIGHTS, guard: 'terminalSubscriptions(terminal).includes(topic)', open: 'true' }],
    says: 'GOT THROUGH',
    evidence: 'such as kt1/',
    sample: true,
  },
  {
    id: 'packets-of-any-size',
    rows: ['packets-oversized'],
    cuts: [
      {
        file: LIMITS,
        guard: 'left > CONNECTION.frameBytes || (parser.packet?.length ?? 0) > CONNECTION.frameBytes',
        open: 'false',
      },
    ],
    says: 'GOT THROUGH',
    evidence: 'left open',
  },
  {
    id: 'nonsense-not-told',
    rows: ['packets-malformed'],
    cuts: [{ file: LIMITS, guard: "refuse('malformed')", open: 'undefined' }],
    says: 'NO TRACE',
    evidence: 'no alert security_packet_refused',
  },
  {
    id: 'packets-without-end',
    rows: ['packets-endless'],
    cuts: [
      { file: LIMITS, guard: 'early > CONNECTION.bytesBeforeConnect', open: 'false' },
      {
        file: LIMITS,
        guard: 'left > CONNECTION.frameBytes || (parser.packet?.length ?? 0) > CONNECTION.frameBytes',
        open: 'false',
      },
    ],
    says: 'GOT THROUGH',
    evidence: 'left open',
  },
  {
    id: 'terminal-believes-any-server',
    rows: ['rogue-broker', 'rogue-hub'],
    cuts: [{ file: 'shared/tls/client.ts', guard: 'peer.ok', open: 'true' }],
    says: 'GOT THROUGH',
    evidence: 'bytes were said to them',
  },
  {
    id: 'terminal-not-told-of-rogue',
    rows: ['rogue-broker'],
    cuts: [
      {
        file: 'shared/edge/runtime.ts',
        guard: '`security_${door}_untrusted`',
        open: "'security_nobody_looks'",
      },
    ],
    says: 'NO TRACE',
    evidence: 'no alert security_broker_untrusted',
  },
  {
    id: 'old-tls-allowed',
    rows: ['downgrade-broker', 'downgrade-hub'],
    cuts: [
      {
        file: 'shared/tls/server.ts',
        guard: 'contextOf(trust, await identity())',
        open: "{ ...contextOf(trust, await identity()), minVersion: 'TLSv1.2' }",
      },
    ],
    says: 'GOT THROUGH',
    evidence: 'came about',
    asked: 'start',
  },
  {
    id: 'old-tls-not-told',
    rows: ['downgrade-broker', 'downgrade-hub'],
    cuts: [
      {
        file: 'shared/tls/server.ts',
        guard: "code === 'ERR_TLS_HANDSHAKE_TIMEOUT'",
        open: '(() => { throw new Error() })()',
      },
    ],
    says: 'NO TRACE',
    evidence: 'no alert security_downgrade',
  },
  {
    id: 'terminal-speaks-plain-text',
    rows: ['plain-text-broker'],
    cuts: [
      {
        file: 'shared/tls/client.ts',
        guard: 'url === null || url.protocol !== scheme',
        open: 'url === null',
      },
    ],
    says: 'GOT THROUGH',
    evidence: 'a terminal sent to mqtt:// said',
  },
  {
    id: 'plain-text-not-told',
    rows: ['plain-text-hub'],
    cuts: [{ file: 'hub/http-host.ts', guard: 'why !== null', open: 'false' }],
    says: 'NO TRACE',
    evidence: 'no alert security_plain_text',
  },
  {
    id: 'mosquitto-rights-for-all',
    rows: ['publish-on-other-topics', 'will-on-other-topics', 'subscribe-to-others'],
    cuts: [{ file: MOSQUITTO, guard: "'pattern read kt1/+/hub'", open: "'pattern readwrite #'" }],
    says: 'GOT THROUGH',
    evidence: 'heard',
    asked: 'broker',
  },
  {
    id: 'mosquitto-old-tls',
    rows: ['downgrade-broker'],
    cuts: [{ file: MOSQUITTO, guard: "'tls_version tlsv1.3'", open: "'tls_version tlsv1.2'" }],
    says: 'GOT THROUGH',
    evidence: 'came about',
    asked: 'broker',
  },
  {
    id: 'mosquitto-packets-of-any-size',
    rows: ['packets-oversized'],
    cuts: [
      {
        file: MOSQUITTO,
        guard: '`max_packet_size ${CONNECTION.frameBytes}`',
        open: "'max_packet_size 268435455'",
      },
    ],
    says: 'GOT THROUGH',
    evidence: 'left open',
    asked: 'broker',
  },
];
