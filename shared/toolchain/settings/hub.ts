import { z } from 'zod';
import { defineSettings, setting } from '#shared/toolchain/settings.ts';

const port = (fallback: number, description: string) =>
  setting({
    schema: z.coerce.number().int().min(0).max(65_535),
    default: fallback,
    unit: 'TCP port, 0: any free',
    description,
  });
const points = (fallback: number, description: string) =>
  setting({
    schema: z.coerce.number().int().min(0).max(1_000_000),
    default: fallback,
    unit: 'points',
    description,
  });

/** Settings of the hub, read from the environment (`npm run keyturn -- config` prints all). */
export const HUB_SETTINGS = defineSettings({
  KEYTURN_HOME: setting({
    schema: z.string().min(1),
    default: '.data',
    unit: 'folder',
    description:
      'Data of all programs; the hub keeps its own below `hub/`. A relative one lies below the project',
  }),
  DATABASE_URL: setting({
    schema: z.url({ protocol: /^postgres(ql)?$/ }).max(500),
    default: '',
    unit: 'address',
    description: 'PostgreSQL 15 or newer; without it PGlite below KEYTURN_HOME',
    secret: true,
  }),
  DATABASE_CONNECTIONS: setting({
    schema: z.coerce.number().int().min(2).max(200),
    default: 10,
    unit: 'connections',
    description: 'How many connections this hub keeps to PostgreSQL at most',
  }),
  MQTT_URL: setting({
    schema: z.url({ protocol: /^mqtts$/ }).max(300),
    default: '',
    unit: 'address',
    description:
      'A broker of its own (`npm run keyturn -- broker config` writes what it needs): its listener for hubs; without it the hub runs one inside',
  }),
  MQTT_TERMINAL_URL: setting({
    schema: z.url({ protocol: /^mqtts$/ }).max(300),
    default: '',
    unit: 'address',
    description: 'Address of the broker as terminals reach it; without it the one of MQTT_URL',
  }),
  MQTT_BROKER_FOLDER: setting({
    schema: z.string().min(1).max(500),
    default: '',
    unit: 'folder',
    description:
      'Where `broker config` wrote the files of a broker on this machine: the hub keeps its list of revoked terminals and reads its log for attacks',
  }),
  MQTT_PORT: port(7301, 'Where the broker inside the hub listens'),
  HUB_PORT: port(7300, 'Where the hub serves console, staff API and customers'),
  HUB_TERMINAL_PORT: port(7302, 'Where the hub serves terminals, over mutual TLS 1.3'),
  HUB_HOST: setting({
    schema: z.string().min(1).max(100),
    default: '127.0.0.1',
    unit: 'address of a network interface',
    description:
      'On which interface the hub serves console, staff API and customers; 0.0.0.0 is all of them. Beyond this machine only with HUB_TLS_CERTIFICATE or HUB_BEHIND_PROXY',
  }),
  HUB_TERMINAL_HOST: setting({
    schema: z.string().min(1).max(100),
    default: '',
    unit: 'address of a network interface',
    description: 'On which interface terminals reach hub and broker; without it the one of HUB_HOST',
  }),
  HUB_TLS_CERTIFICATE: setting({
    schema: z.string().min(1).max(500),
    default: '',
    unit: 'file',
    description: 'Certificate chain (PEM) with which console, staff API and customers are served over HTTPS',
  }),
  HUB_TLS_KEY: setting({
    schema: z.string().min(1).max(500),
    default: '',
    unit: 'file',
    description: 'Its private key (PEM)',
  }),
  HUB_BEHIND_PROXY: setting({
    schema: z.enum(['yes', 'no']),
    default: 'no',
    unit: '',
    description:
      'yes: a proxy stands in front of the hub and speaks TLS with the world, so the hub itself may speak plain HTTP with it',
  }),
  HUB_URL: setting({
    schema: z.url({ protocol: /^https?$/ }).max(300),
    default: '',
    unit: 'address',
    description: 'How customers and staff reach the hub, without a path; without it host and port',
  }),
  HUB_SECRET: setting({
    schema: z.string().regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits'),
    default: '',
    unit: '64 hexadecimal digits',
    description:
      'Protects authority, library and sessions; several hubs share one. Without it a file that the hub makes',
    secret: true,
  }),
  HUB_ROOT_PASSPHRASE: setting({
    schema: z.string().min(12).max(200),
    default: '',
    unit: 'text, 12 characters or more',
    description:
      'Opens the key of the fleet’s root: needed at the very first start and to rotate the issuing key, else not. Without it a file that the hub makes at the first start',
    secret: true,
  }),
  HUB_SECOND_FACTOR: setting({
    schema: z.string().regex(/^( *(clerk|manager|auditor|admin) *(, *(clerk|manager|auditor|admin) *)*)?$/),
    default: 'admin,manager,auditor',
    unit: 'roles, separated by commas',
    description:
      'Who signs in only with a second factor (TOTP); others may set one up. Who has none yet may do nothing but set it up',
  }),
  HUB_CLIENT_ADDRESS_HEADER: setting({
    schema: z.string().regex(/^[a-z0-9-]{0,40}$/),
    default: '',
    unit: 'name of a header, such as x-forwarded-for',
    description:
      'In which header a proxy of your own tells the client’s address (its last entry counts); without it the connection’s own. Sign-in attempts are counted by it',
  }),
  HUB_ADMIN_PASSWORD: setting({
    schema: z.string().min(15).max(200),
    default: '',
    unit: 'at least 15 characters',
    description: 'Password of the first account `admin`; without it one is made up and printed once',
    secret: true,
  }),
  HUB_SECURITY_CONTACT: setting({
    schema: z.string().regex(/^(mailto:|https:\/\/)[^\s]{3,200}$/, 'mailto:… or https://…'),
    default: '',
    unit: 'address',
    description: 'Whom to tell of a weakness: served as /.well-known/security.txt (RFC 9116)',
  }),
  HUB_POINTS_PER_MINOR_UNIT: setting({
    schema: z.coerce.number().int().min(1).max(10_000),
    default: 1,
    unit: 'points per cent or yen',
    description: 'The published rate at which points pay',
  }),
  HUB_POINTS_FOR_RATING: points(20, 'What a rating earns, once per rental'),
  HUB_POINTS_FOR_RESERVATION: points(10, 'What reserving during a return earns, once per return'),
  HUB_POINTS_LIFETIME: setting({
    schema: z.coerce.number().int().min(0).max(36_500),
    default: 730,
    unit: 'days, 0: for ever',
    description: 'How long points last after they were earned',
  }),
  HUB_BACKUP_FOLDER: setting({
    schema: z.string().min(1).max(500),
    default: '',
    unit: 'folder',
    description:
      'Where the hub lays its backups, best on another disk; without it none are made. Needs HUB_BACKUP_RECIPIENT',
  }),
  HUB_BACKUP_RECIPIENT: setting({
    schema: z.string().regex(/^age1[0-9a-z]{20,3000}$/, 'a public key age1… of age-keygen'),
    default: '',
    unit: 'public key of age',
    description:
      'Who can open the backups: make a key with `age-keygen` on another machine and give its public part. The hub itself cannot open them',
  }),
  HUB_BACKUP_HOURS: setting({
    schema: z.coerce.number().int().min(1).max(720),
    default: 24,
    unit: 'hours',
    description: 'A backup is made when the newest is older than this',
  }),
  HUB_BACKUP_KEEP: setting({
    schema: z.coerce.number().int().min(1).max(1000),
    default: 14,
    unit: 'backups',
    description: 'How many are kept',
  }),
  HUB_METRICS_PORT: setting({
    schema: z.coerce.number().int().min(0).max(65_535),
    default: 0,
    unit: 'TCP port, 0: none',
    description: 'Where the hub serves /metrics for Prometheus, on this machine only',
  }),
  HUB_LOG: setting({
    schema: z.enum(['debug', 'info', 'warn', 'error', 'silent']),
    default: 'info',
    unit: '',
    description: 'How much the log says: debug, info, warn, error or silent',
  }),
});
