import type { Page } from 'playwright-core';
import type { PlayerDesk, PlayerShelf } from '#firmware-sim/player/contract.ts';
import { playerApp } from '#firmware-sim/player/http.ts';
import type { OpenedCopy } from '#firmware-sim/player/shelf.ts';
import { listenHttp } from '#shared/edge/drivers/http-listener.ts';
import type { CopyId, MediumId } from '#shared/kernel/ids.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import { uiDirectory } from '#shared/toolchain/assets.ts';
import type { Language } from '#shared/ui/i18n.ts';
import { cardAt, POSTERS } from './demo-titles.ts';
import { settled } from './pose.ts';

/** The home player in one state: its answers, and what is pressed until it stands there. */
export interface PlayerPose {
  readonly name: string;
  readonly main: boolean;
  readonly shelf: PlayerShelf;
  /** What a copy contains when it is opened. */
  readonly content?: { readonly mediaType: string; readonly bytes: Uint8Array };
  /** Visible when the pose stands. */
  readonly stands: (page: Page) => Promise<void>;
}

export interface PlayerPosing {
  readonly address: string;
  show(pose: PlayerPose): void;
  stop(): Promise<void>;
}

const TOKEN = 'a'.repeat(32);

/** The built page of the player over answers that stand still. Whatever is asked of it changes nothing. */
export async function playerPosing(): Promise<PlayerPosing> {
  let shown: PlayerPose | null = null;
  const listeners = new Set<() => void>();
  const current = (): PlayerPose => {
    if (shown === null) throw new Error('a pose is shown before the page is looked at');
    return shown;
  };
  const copyOf = (copyId: CopyId): OpenedCopy | null => {
    const { content } = current();
    if (content === undefined) return null;
    return {
      copyId,
      mediumId: '01890000-0007-7000-8000-000000000001' as MediumId,
      mediaType: content.mediaType,
      content: {
        plaintextBytes: content.bytes.length,
        read: async (at: number, into: Uint8Array) =>
          ok(Buffer.from(content.bytes).copy(into, 0, at, at + into.length)),
      } as OpenedCopy['content'],
      rest: async () => {},
      medium: null as never,
      endsAt: null,
    };
  };
  let opened: OpenedCopy | null = null;
  const desk: PlayerDesk = {
    shelf: async () => shown?.shelf ?? EMPTY,
    open: async (copyId) => {
      const { shelf, content } = current();
      const copy = shelf.copies.find((one) => one.copyId === copyId);
      if (copy?.refusal != null) return fault(copy.refusal, 'this pose refuses it');
      opened = copyOf(copyId);
      if (content === undefined || opened === null) return fault('copy_unknown', 'this pose plays nothing');
      return ok({ address: `/content/${TOKEN}`, mediaType: content.mediaType, bytes: content.bytes.length });
    },
    beside: async (copyId) => {
      const poster = POSTERS.get(cardAt(Number(copyId.slice(-12))).poster ?? '') ?? null;
      return {
        poster,
        subtitles: [
          { language: 'en', text: SUBTITLES },
          { language: 'ja', text: SUBTITLES },
        ],
      };
    },
    opened: (token) => (token === TOKEN ? opened : null),
    mayServe: async () => true,
    pair: async () => fault('hub_away', 'this pose has no network'),
    rememberPosition: async () => {},
    reportTrouble: () => {},
    reportAttack: () => {},
    watch: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const listening = await listenHttp(playerApp(desk, uiDirectory('player')), 0);
  if (!listening.ok) throw new Error(listening.error.message);
  return {
    address: `http://127.0.0.1:${listening.value.port}/`,
    show: (pose) => {
      shown = pose;
      for (const listener of listeners) listener();
    },
    stop: () => listening.value.close(),
  };
}

const SUBTITLES = 'WEBVTT\n\n00:00.000 --> 01:00.000\nThe lamp must not go out tonight.\n';

const EMPTY: PlayerShelf = {
  advised: [],
  name: 'Player',
  keyPrint: '0000',
  medium: 'missing',
  copies: [],
  playerId: 'player-1',
  now: 0,
  trouble: null,
  pairing: null,
  pairable: false,
};

/** Shows the pose from a fresh page, since the page itself remembers what it plays. */
export async function strikePlayer(
  page: Page,
  served: PlayerPosing,
  pose: PlayerPose,
  language: Language,
): Promise<void> {
  served.show(pose);
  await page.goto(served.address);
  await page.locator(`html[lang="${language}"]`).waitFor();
  await pose.stands(page);
  await settled(page);
}
