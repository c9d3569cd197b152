import { defaultHubSettings, type HubSettings } from '#hub/config.ts';
import { createHub } from '#hub/hub.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import { silentLog } from '#shared/ports/log.ts';
import type { Answering } from './fleet-process.ts';
import type { HubFigures, HubSetup } from './fleet-words.ts';

/** A whole production hub in this process; the first answer is where terminals find its broker. */
export async function fleetHub(setup: HubSetup): Promise<Answering> {
  const hub = createHub({
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    settings: defaultHubSettings(setup.settings as Partial<HubSettings>),
    consoleFolder: null,
  });
  const started = await hub.start();
  if (!started.ok) throw new Error(`${started.error.code}: ${started.error.message}`);
  return {
    first: { url: hub.addresses().mqtt },
    answer: async () => {
      const { user, system } = process.cpuUsage();
      return { rssBytes: process.memoryUsage.rss(), cpuMicros: user + system } satisfies HubFigures;
    },
    end: () => hub.stop(),
  };
}
