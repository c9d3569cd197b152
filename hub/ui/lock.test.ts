import { expect, it } from 'vitest';
import { epochMs } from '#shared/kernel/time.ts';
import { lockedSoon } from './lock.ts';

const at = (minute: number) => epochMs(1_700_000_000_000 + minute * 60_000);
type Orders = Parameters<typeof lockedSoon>[0]['commands'];
const told = (locked: boolean, state: Orders[number]['state'], minute: number): Orders[number] => ({
  ...{ order: { kind: 'lock', locked }, state },
  ...{ issuedAt: at(minute), updatedAt: at(minute) },
});

it.each<[string, boolean, Orders, boolean]>([
  ['nothing was ordered', false, [], false],
  ['its own word counts', true, [], true],
  ['told and not done yet', false, [told(true, 'queued', 1)], true],
  ['done since its last heartbeat', false, [told(true, 'done', 6)], true],
  ['done before its last heartbeat', false, [told(true, 'done', 1)], false],
  ['refused', false, [told(true, 'failed', 6)], false],
  ['too late for it', true, [told(false, 'expired', 6)], true],
  ['told, and told otherwise', false, [told(false, 'sent', 8), told(true, 'done', 7)], false],
  ['the latest is not the first of the list', false, [told(true, 'done', 7), told(false, 'sent', 8)], false],
  ['another order', true, [{ ...told(true, 'sent', 8), order: { kind: 'restart' } }], true],
])('FLT-2, SCR-4: whether a terminal will be locked: %s', (_what, locked, commands, soon) => {
  expect(lockedSoon({ locked, heartbeatAt: at(5), commands })).toBe(soon);
});
