import { type Defect, NO_HAND_OVER } from './defect.ts';

/** Between terminals and hub: what is sent, acknowledged, kept, applied once, and never without end. */
export const WIRE_DEFECTS: readonly Defect[] = [
  {
    id: 'ack-before-commit',
    cuts: [
      {
        file: 'hub/mqtt/hub-link.ts',
        guard: 'await committed',
        open: '{ contiguous: batch.events.at(-1)?.sequence ?? -1, conflict: false }',
      },
    ],
    seenAs: /^SYN-2: .* is in the hub's log 0 times/,
  },
  {
    id: 'broker-is-believed',
    cuts: [
      {
        file: 'shared/edge/sync.ts',
        guard: "void send(upTopic(identity.terminalId, 'up'), batch)",
        open: "void send(upTopic(identity.terminalId, 'up'), batch).then((sent) => { if (sent) store.acknowledge(batch.lane, batch.events.at(-1).sequence, clock.now()); })",
      },
    ],
    seenAs: /^SYN-2: .* is in the hub's log 0 times/,
  },
  {
    id: 'gap-acknowledged',
    cuts: [
      {
        file: 'hub/app/ingest/commit-group.ts',
        guard: '{ ...cursor, contiguous, firstHeld, last, updatedAt: this.#now }',
        open: '{ ...cursor, contiguous: last, firstHeld, last, updatedAt: this.#now }',
      },
    ],
    seenAs: /^SYN-2: .* is in the hub's log 0 times/,
  },
  {
    id: 'nothing-sent-again',
    cuts: [{ file: 'shared/edge/lane-sender.ts', guard: 'oldest === undefined', open: 'true' }],
    seenAs: /^SYN-2: .* events to send/,
    stress: NO_HAND_OVER,
  },
  {
    id: 'ack-means-everything',
    cuts: [
      {
        file: 'shared/edge/sync-lanes.ts',
        guard: 'store.acknowledge(lane, meaning.contiguous, clock.now())',
        open: 'store.acknowledge(lane, store.position(lane).last, clock.now())',
      },
    ],
    seenAs: /^SYN-2: .* is in the hub's log 0 times/,
  },
  {
    id: 'last-event-not-sent',
    cuts: [{ file: 'shared/edge/lane-sender.ts', guard: 'from <= until', open: 'from < until' }],
    seenAs: /^SYN-2: .* events to send/,
    stress: NO_HAND_OVER,
  },
  {
    id: 'cursor-stays',
    cuts: [
      {
        file: 'hub/app/ingest/commit-group.ts',
        guard: 'await this.#stores.inbox.moveCursors(moved)',
        open: 'undefined',
      },
    ],
    seenAs: /^SYN-3: .* is a dead letter/,
  },
  {
    id: 'lanes-remembered-by-hub',
    cuts: [
      {
        file: 'hub/app/ingest/commit-group.ts',
        guard: 'await this.#stores.inbox.lockCursors(keys, this.#now)',
        open: '(await this.#stores.inbox.lockCursors(keys, this.#now)).map((row) => ({ ...row, contiguous: globalThis.keyturnLanes?.get(this.#rules)?.get(laneName(row)) ?? row.contiguous }))',
      },
      {
        file: 'hub/app/ingest/commit-group.ts',
        guard: 'await (rules.oneByOne === true ? carefully() : atOnce())',
        open: 'await (rules.oneByOne === true ? carefully() : atOnce()).then((done) => { const all = (globalThis.keyturnLanes ??= new WeakMap()); const own = all.get(rules) ?? new Map(); all.set(rules, own); for (const each of done.standings) own.set(laneName(each), each.contiguous); return done; })',
      },
    ],
    seenAs: /^SYN-3: .* is a dead letter/,
    stress: { hubs: 8 },
  },
  {
    id: 'rewind-ignored',
    cuts: [
      {
        file: 'shared/edge/sync-lanes.ts',
        guard: 'store.rewind(lane, meaning.contiguous)',
        open: 'undefined',
      },
    ],
    seenAs: /^SYN-2: .* is in the hub's log 0 times/,
    stress: { backups: 6, hub: 0 },
  },
  {
    id: 'back-off-without-end',
    cuts: [
      {
        file: 'shared/edge/back-off.ts',
        guard: 'Math.min(longest, first * 2 ** Math.min(failures, 20))',
        open: 'first * 2 ** Math.min(failures, 20)',
      },
    ],
    seenAs: /^SYN-2: .* events to send/,
    stress: { lines: 6, power: 0, media: 0 },
  },
  {
    id: 'timer-set-twice',
    cuts: [
      {
        file: 'return-terminal/app/session/machine.ts',
        after: 'function settleLater',
        guard: 'track(settleOwed())',
        open: '(track(settleOwed()), settleLater())',
      },
    ],
    seenAs: /^SYN-5: .* timers wait/,
  },
  {
    id: 'log-without-clock-offset',
    cuts: [
      {
        file: 'hub/app/ingest/commit-group.ts',
        guard: 'await this.#stores.inbox.insert(received)',
        open: 'await this.#stores.inbox.insert(received.map((each) => ({ ...each, event: { ...each.event, stamp: { ...each.event.stamp, clockOffset: each.event.stamp.clockOffset === null ? null : 0 } } })))',
      },
    ],
    seenAs: /^SYN-2: .* the replayed log says/,
    stress: { clocks: 12 },
  },
  {
    id: 'duplicate-is-a-conflict',
    cuts: [
      {
        file: 'hub/app/ingest/commit-group.ts',
        guard: 'kept?.row.eventId === each.event.id',
        open: 'kept?.created === true',
      },
    ],
    seenAs: /^SYN-3: .* two events under one sequence/,
  },
];
