import type { Browser, Page } from 'playwright-core';
import { LANGUAGES, type Language } from '#shared/ui/i18n.ts';
import { openPage, type Viewport } from '#test/support/browser.ts';
import { openConsoleHub } from './console-hub.ts';
import { CONSOLE_POSES, strikeConsole } from './console-poses.ts';
import { NOW } from './demo-titles.ts';
import { KIOSK_POSES, type Pose } from './kiosk-poses.ts';
import { PLAYER_POSES } from './player-poses.ts';
import { type PlayerPose, playerPosing, strikePlayer } from './player-posing.ts';
import { type Posed, posing, strike } from './pose.ts';
import { RETURN_POSES } from './return-poses.ts';

/** The four applications, each as the looks it has (size and theme) and the screens that can be shown in a look and a language. */
export type ApplicationName = 'kiosk' | 'return-terminal' | 'player' | 'console';

export interface Look {
  readonly name: string;
  readonly size: Viewport;
  readonly theme: 'dark' | 'light';
  /** What a customer switched on at a touch screen, as it is kept in the page. */
  readonly comfort: string;
  readonly languages: readonly Language[];
  /** Only main screens are taken in this look. */
  readonly mainOnly: boolean;
}

export interface Screen {
  readonly name: string;
  readonly main: boolean;
  /** Makes the page show it, and waits until pictures and letters stand there. */
  show(): Promise<void>;
}

export interface OpenScreens {
  readonly page: Page;
  readonly faults: readonly string[];
  readonly screens: readonly Screen[];
  close(): Promise<void>;
}

export interface Application {
  readonly name: ApplicationName;
  readonly looks: readonly Look[];
  /** Starts what serves the screens. */
  start(): Promise<RunningApplication>;
}
export interface RunningApplication {
  /** A page of its own: several looks may be open at once. */
  open(browser: Browser, look: Look, language: Language): Promise<OpenScreens>;
  stop(): Promise<void>;
}

const look = (name: string, width: number, height: number, change: Partial<Look> = {}): Look => ({
  name,
  size: { width, height },
  theme: 'dark',
  comfort: '',
  languages: LANGUAGES,
  mainOnly: false,
  ...change,
});

const switched = (name: string, comfort: string): readonly Look[] => [
  look(`portrait-${name}`, 1080, 1920, { comfort, mainOnly: true, languages: ['en'] }),
  look(`landscape-${name}`, 1920, 1080, { comfort, mainOnly: true, languages: ['en'] }),
];
const TOUCH_LOOKS: readonly Look[] = [
  look('portrait', 1080, 1920),
  look('landscape', 1920, 1080),
  ...switched('contrast', 'contrast'),
  ...switched('large', 'large'),
  ...switched('low', 'low'),
];

/** At rest nobody is there who could have switched something on: what was chosen ends with the session. */
const AT_REST = ['attract', 'welcome'];

function touchScreens<Snapshot extends Posed>(
  name: 'kiosk' | 'return-terminal',
  poses: readonly Pose<Snapshot>[],
): Application {
  return {
    name,
    looks: TOUCH_LOOKS,
    start: async () => ({
      open: async (browser, { size, comfort, mainOnly }, language) => {
        const shown = poses.filter(
          ({ main, snapshot }) =>
            (main || !mainOnly) && (comfort === '' || !AT_REST.includes(snapshot('en').view.screen)),
        );
        const [first] = shown;
        if (first === undefined) throw new Error(`${name} has no poses`);
        const served = await posing(name, first.snapshot(language));
        const { page, faults, close } = await openPage(browser, served.address, size, {
          standsAt: NOW,
          ...(comfort === '' ? {} : { kept: { session: { comfort } } }),
        });
        return {
          page,
          faults,
          screens: shown.map((pose) => ({
            name: pose.name,
            main: pose.main,
            show: () => strike(page, served, pose.snapshot(language)),
          })),
          close: async () => {
            await close();
            await served.stop();
          },
        };
      },
      stop: async () => {},
    }),
  };
}

const player: Application = {
  name: 'player',
  looks: [
    look('desk', 1280, 800),
    look('wide', 1920, 1080, { mainOnly: true }),
    look('phone', 390, 844, { mainOnly: true }),
  ],
  start: async () => ({
    open: async (browser, { size, mainOnly }, language) => {
      const shown: readonly PlayerPose[] = PLAYER_POSES.filter(({ main }) => main || !mainOnly);
      const served = await playerPosing();
      const { page, faults, close } = await openPage(browser, served.address, size, {
        standsAt: NOW,
        locale: language,
        zone: 'Europe/Berlin',
      });
      return {
        page,
        faults,
        screens: shown.map((pose) => ({
          name: pose.name,
          main: pose.main,
          show: () => strikePlayer(page, served, pose, language),
        })),
        close: async () => {
          await close();
          await served.stop();
        },
      };
    },
    stop: async () => {},
  }),
};

const console: Application = {
  name: 'console',
  looks: [
    look('light-1280', 1280, 800, { theme: 'light' }),
    look('dark-1280', 1280, 800),
    look('light-1920', 1920, 1080, { theme: 'light', mainOnly: true }),
    look('dark-1920', 1920, 1080, { mainOnly: true }),
  ],
  start: async () => {
    const hub = await openConsoleHub();
    return {
      open: async (browser, { size, theme, mainOnly }, language) => {
        const shown = CONSOLE_POSES.filter(({ main }) => main || !mainOnly);
        const { page, faults, close } = await openPage(browser, `${hub.address}/`, size, {
          standsAt: NOW,
          locale: language,
          zone: 'Europe/Berlin',
          colorScheme: theme,
          cookie: hub.cookie,
          kept: { local: { 'keyturn.console.language': language } },
        });
        return {
          page,
          faults,
          screens: shown.map((pose) => ({
            name: pose.name,
            main: pose.main,
            show: () => strikeConsole(page, hub, pose),
          })),
          close,
        };
      },
      stop: hub.stop,
    };
  },
};

export const APPLICATIONS: readonly Application[] = [
  touchScreens('kiosk', KIOSK_POSES),
  touchScreens('return-terminal', RETURN_POSES),
  player,
  console,
];
