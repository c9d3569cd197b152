import { allPartitions } from '#shared/protocol/topics.ts';
import { CONNECTION } from './connection-limits.ts';

/** Where the broker finds its files, as the broker's own machine names them, and where it listens. */
export interface MosquittoPlace {
  readonly folder: string;
  /** For terminals. */
  readonly host: string;
  readonly port: number;
  /** For hubs alone; nobody else needs to reach it. */
  readonly hubHost: string;
  readonly hubPort: number;
  /** The account that Mosquitto changes to when it is started as root; null: its own default. */
  readonly user: string | null;
}

/** Names of the files in the broker's folder. */
export const BROKER_FILES = {
  config: 'mosquitto.conf',
  acl: 'acl',
  root: 'fleet-root.pem',
  certificate: 'broker.pem',
  key: 'broker.key.pem',
  hub: 'hub.pem',
  revoked: 'revoked.crl.pem',
  pid: 'mosquitto.pid',
  log: 'mosquitto.log',
} as const;

/**
 * What may wait at Mosquitto for one hub, which reads it as fast as it can; what comes beyond is dropped without a word to whoever said it, and a terminal's outbox says it again
 * only after its time-out. So there is room for a fleet that comes back at once to a hub that is busy: of each terminal the will of its former line, its birth and a batch of
 * each lane. Mosquitto counts payloads, and messages until the hub's acknowledgement has come; around each it needs less than half a kilobyte more (measured: 364 bytes), so 280 MiB at most for a hub.
 */
const WAITING = {
  messages: 4 * CONNECTION.terminals,
  bytes: 1024 * CONNECTION.frameBytes,
} as const;

/**
 * A configuration of Mosquitto 2.0 by which it is as strict as the broker inside the hub (SEC-2): TLS 1.3 with certificates of this fleet only, the
 * certificate's name is user name and client id, everything denied that is not listed, nothing kept on disk. Hubs have a listener of
 * their own, which knows their certificate alone: there a hub may take over a terminal's client id, and so end its connection.
 */
export function mosquittoConfig(place: MosquittoPlace): string {
  const file = (name: keyof typeof BROKER_FILES): string => `${place.folder}/${BROKER_FILES[name]}`;
  const tls = [
    `certfile ${file('certificate')}`,
    `keyfile ${file('key')}`,
    'tls_version tlsv1.3',
    'require_certificate true',
    'use_identity_as_username true',
  ];
  return lines([
    '# Written by `npm run keyturn -- broker config`: write it anew instead of editing it.',
    'per_listener_settings false',
    ...(place.user === null ? [] : [`user ${place.user}`]),
    `pid_file ${file('pid')}`,
    'allow_anonymous false',
    `acl_file ${file('acl')}`,
    '',
    '# Acknowledgements of a broker mean nothing here: terminals keep what the hub has not committed.',
    'persistence false',
    'retain_available true',
    'sys_interval 0',
    '',
    `max_packet_size ${CONNECTION.frameBytes}`,
    'max_inflight_messages 20',
    '# For each client: of what hubs are sent (QoS 1) whichever is reached first, of the rest messages alone.',
    `max_queued_messages ${WAITING.messages}`,
    `max_queued_bytes ${WAITING.bytes}`,
    `max_keepalive ${CONNECTION.keepAliveSeconds}`,
    'allow_zero_length_clientid false',
    'set_tcp_nodelay true',
    '',
    '# The hub reads refusals out of it, for its alerts (MQTT_BROKER_FOLDER).',
    `log_dest file ${file('log')}`,
    'log_timestamp_format %Y-%m-%dT%H:%M:%S',
    ...['error', 'warning', 'notice', 'information', 'subscribe', 'debug'].map((type) => `log_type ${type}`),
    'connection_messages true',
    '',
    '# Terminals',
    `listener ${place.port} ${place.host}`,
    ...tls,
    `cafile ${file('root')}`,
    `crlfile ${file('revoked')}`,
    'use_username_as_clientid true',
    `max_connections ${CONNECTION.terminals}`,
    'max_qos 1',
    '',
    '# Hubs',
    `listener ${place.hubPort} ${place.hubHost}`,
    ...tls,
    `cafile ${file('hub')}`,
    'max_connections 100',
  ]);
}

/**
 * The rights of `rights.ts` as Mosquitto's patterns (`%u`: the certificate's name). Partitions one by one, so that nobody can leave retained messages under
 * made-up ones.
 */
export function mosquittoAcl(): string {
  return lines([
    'user hub',
    'topic readwrite kt1/#',
    '',
    '# What the hub of a partition says to all of its terminals (Mosquitto warns that it names none of them).',
    'pattern read kt1/+/hub',
    ...allPartitions().flatMap((partition) => [
      ...['up', 'tm', 'st'].map((channel) => `pattern write kt1/${partition}/%u/${channel}`),
      ...['ack', 'cmd', 'cfg'].map((channel) => `pattern read kt1/${partition}/%u/dn/${channel}`),
    ]),
  ]);
}

const lines = (all: readonly string[]): string => `${all.join('\n')}\n`;
