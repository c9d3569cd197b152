import { join } from 'node:path';
import { folderMedium } from '#firmware-sim/media/medium-backing.ts';
import { createSimulatedDrive } from '#firmware-sim/media/simulated-drive.ts';
import { createPlayer } from '#firmware-sim/player/player.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import type { CopyId } from '#shared/kernel/ids.ts';
import type { Clock } from '#shared/ports/clock.ts';
import { silentLog } from '#shared/ports/log.ts';
import type { Target } from '../contract.ts';

/** Asks a player's page for a copy; `refused`: null: it opens, and `address` is where its content is. */
export async function openAt(playerUrl: string, copyId: CopyId) {
  const answer = await fetch(`${playerUrl}/api/copies/${copyId}/open`, { method: 'POST' });
  const body = (await answer.json()) as { readonly code?: string; readonly address?: string };
  return { refused: answer.ok ? null : (body.code ?? String(answer.status)), address: body.address ?? '' };
}

/** Whether bytes of an opened copy come. */
export async function plays(playerUrl: string, address: string): Promise<boolean> {
  const answer = await fetch(`${playerUrl}${address}`, { headers: { range: 'bytes=0-99' } });
  return answer.status === 206 && (await answer.arrayBuffer()).byteLength > 0;
}

/** One more home player of production with a medium in it: `memory` is the folder of its keys and memory. */
export async function anotherPlayer(
  { identities, scratch }: Target,
  options: { readonly memory: string; readonly medium: string; readonly clock: Clock },
): Promise<{ readonly address: string; stop(): Promise<void> }> {
  const { clock } = options;
  const drive = createSimulatedDrive({ name: 'other player', clock, random: systemRandom });
  const player = await createPlayer({
    drive,
    trust: identities.kiosk.trust,
    clock,
    random: systemRandom,
    log: silentLog,
    folder: options.memory,
    uiFolder: join(scratch, 'no-page'),
    host: '127.0.0.1',
    port: 0,
    name: 'Other player',
    hub: null,
  });
  await drive.insert(folderMedium('other', options.medium));
  const { address } = await player.start();
  return { address, stop: () => player.stop() };
}
