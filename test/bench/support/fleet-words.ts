import { z } from 'zod';

/** What the processes of the benchmark `fleet` tell each other. */

export const fleetTerminal = z.object({
  terminalId: z.string(),
  role: z.enum(['kiosk', 'return-terminal']),
  siteId: z.string(),
  /** PEM, its own certificate first. */
  chain: z.array(z.string()),
});
export type FleetTerminal = z.infer<typeof fleetTerminal>;

export const terminalsSetup = z.object({
  as: z.literal('terminals'),
  /** Where the broker listens for terminals. */
  url: z.string(),
  rootPem: z.string(),
  /** One key for all certificates of this benchmark: it measures what comes after they were made. */
  keyPem: z.string(),
  /** Kiosks and return terminals in turn. */
  terminals: z.array(fleetTerminal),
  /** Loopback addresses from which they come, as from shops. */
  addresses: z.array(z.string()),
  heartbeatSeconds: z.number(),
  memberTokens: z.array(z.string()),
});
export type TerminalsSetup = z.infer<typeof terminalsSetup>;

export const hubSetup = z.object({
  as: z.literal('hub'),
  settings: z.record(z.string(), z.union([z.string(), z.number()])),
});
export type HubSetup = z.infer<typeof hubSetup>;
export const fleetSetup = z.discriminatedUnion('as', [terminalsSetup, hubSetup]);

/** What the benchmark asks of them; each is answered by one message. */
export const fleetOrder = z.discriminatedUnion('order', [
  /** Of a hub: its figures. */
  z.object({ order: z.literal('figures') }),
  /** Of terminals: make so many rentals for later. */
  z.object({ order: z.literal('make'), rentals: z.int() }),
  /** Of terminals: report made rentals, so many events a second, heartbeats beside them; answered when all was sent. */
  z.object({ order: z.literal('report'), eventsPerSecond: z.number() }),
  /** Of terminals: all connections are lost and come back; answered when each is heard and all is acknowledged. */
  z.object({ order: z.literal('storm') }),
  /** Of terminals: wait until everything is acknowledged. */
  z.object({ order: z.literal('settle') }),
  z.object({ order: z.literal('end') }),
]);
export type FleetOrder = z.infer<typeof fleetOrder>;

export const hubFigures = z.object({
  rssBytes: z.number(),
  /** Of user and system, microseconds since its start. */
  cpuMicros: z.number(),
});
export type HubFigures = z.infer<typeof hubFigures>;

export const terminalsAnswer = z.object({
  /** Milliseconds that the order took. */
  tookMs: z.number(),
  /** Events sent and acknowledged, connections begun, since the beginning. */
  sent: z.int(),
  acknowledged: z.int(),
  attempts: z.int(),
  /** Milliseconds from publish to ack of each batch and each heartbeat, since the last answer. */
  batchAcks: z.array(z.number()),
  heartbeatAcks: z.array(z.number()),
});
export type TerminalsAnswer = z.infer<typeof terminalsAnswer>;
