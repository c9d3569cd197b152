/** Hard bounds of the protocol (SPEC.md). Both sides hold them: the sender by splitting, the reader by refusing. */
export const LIMITS = {
  /** One MQTT payload, in bytes. */
  packetBytes: 256 * 1024,
  /** Events in one batch. */
  batchEvents: 200,
  /** How deep lists and objects of a message may stand in each other: deeper ones can be read, but not written again. */
  depth: 32,
  /** One event's JSON, in bytes: licence and receipt with their certificate chains fit several times. */
  eventBytes: 48 * 1024,
  /** A JWS (licence, receipt, quote, medium identity), in characters. */
  jwsChars: 24 * 1024,
  /** Events a terminal may have sent beyond the last ack, unless the hub's ack says another window. */
  window: 400,
  /** One JSON body of the terminal API, in bytes. */
  httpBodyBytes: 256 * 1024,
  /** Partitions of the fleet (DESIGN §3). */
  partitions: 16,
  /** Days for which a terminal keeps acknowledged events of lane 0 (SYN-6). */
  retainDays: 30,
  /** Hours that content lease and allotment last without the hub (CNT-1, SYN-1). */
  offlineHours: 72,
} as const;
