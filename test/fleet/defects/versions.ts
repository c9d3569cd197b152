import type { Defect } from './defect.ts';

/** Programs of other minor versions all the time, on lines that are at rest. */
const MIXED = { upgrades: 8, weather: 0, lines: 0, broker: 0, power: 0, media: 0 } as const;

/** Between programs of different minor versions (PR-2). */
export const VERSION_DEFECTS: readonly Defect[] = [
  {
    id: 'newer-minor-refused',
    cuts: [
      {
        file: 'shared/protocol/version.ts',
        guard: 'version.major > PROTOCOL_MAJOR',
        open: 'version.major > PROTOCOL_MAJOR || version.minor > PROTOCOL_MINOR',
      },
    ],
    seenAs: /^SYN-2: .* events to send/,
    stress: MIXED,
  },
  {
    id: 'unknown-field-refused',
    cuts: [
      {
        file: 'shared/protocol/events.ts',
        guard: 'EVENTS[kind].safeParse(data)',
        open: 'EVENTS[kind].strict().safeParse(data)',
      },
    ],
    seenAs: /^SYN-3: .* is a dead letter: event_malformed/,
    stress: MIXED,
  },
];
