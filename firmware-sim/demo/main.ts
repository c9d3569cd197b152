import { resolve } from 'node:path';
import { projectRoot, uiDirectory } from '#shared/toolchain/assets.ts';
import { WHOLE_DEMO_SETTINGS } from '#shared/toolchain/settings/demo.ts';
import { readSettings } from '#shared/toolchain/settings.ts';
import { createDemo, type RunningDemo } from './demo.ts';

/** `npm start`: the whole fleet in one process. SIGINT or SIGTERM end it gracefully, a second one at once. */
const settings = readSettings(WHOLE_DEMO_SETTINGS, process.env);
if (!settings.ok) {
  process.stderr.write('The demo cannot start:\n');
  for (const { message } of settings.error) process.stderr.write(`  ${message}\n`);
  process.exit(2);
}
const below = (path: string): string => (path === '' ? '' : resolve(projectRoot(), path));
const demo = createDemo(
  {
    ...settings.value,
    KEYTURN_HOME: below(settings.value.KEYTURN_HOME),
    KEYTURN_MEDIA: below(settings.value.KEYTURN_MEDIA),
  },
  uiDirectory,
);

/** A stop takes two seconds; whoever presses Ctrl-C never waits longer than this. */
const LONGEST_STOP_MS = 15_000;

let stopping = false;
const stop = (): void => {
  if (stopping) process.exit(1);
  stopping = true;
  process.stdout.write('\nStopping. Everything is kept for the next start.\n');
  setTimeout(() => {
    process.stderr.write(
      'Something did not end in time; ended by force. What was reported is durable all the same.\n',
    );
    process.exit(1);
  }, LONGEST_STOP_MS).unref();
  demo.stop().then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`The demo could not stop cleanly: ${String(error)}\n`);
      process.exit(1);
    },
  );
};
process.on('SIGINT', stop);
process.on('SIGTERM', stop);

const started = await demo
  .start((what) => process.stdout.write(`${what} …\n`))
  // Ended while it was starting: what breaks off then is no fault, and the stop ends the process.
  .catch((error: unknown) => (stopping ? new Promise<never>(() => {}) : Promise.reject(error)));
if (!started.ok) {
  process.stderr.write(`The demo cannot start (${started.error.code}): ${started.error.message}\n`);
  process.exit(1);
}
process.stdout.write(welcome(started.value));
started.value.staffShown();

function welcome({ addresses, fleetId, staff }: RunningDemo): string {
  const lines: readonly (readonly [string, string])[] = [
    ['Kiosk', addresses.kiosk],
    ['Return terminal', addresses.returnTerminal],
    ['Player at home', addresses.player],
    ['Console of the staff', addresses.console],
    ['The demo’s hand', `${addresses.panel}   (media, network, cards, clock, members with PINs: begin here)`],
  ];
  const signIn =
    staff === null
      ? []
      : ['', `  Console sign-in: ${staff.name} / ${staff.password}   (shown this once; write it down)`];
  return [
    '',
    `Keyturn is running (fleet ${fleetId.slice(0, 8)})`,
    '',
    ...lines.map(([name, address]) => `  ${name.padEnd(22)}${address}`),
    ...signIn,
    '',
    '  Ctrl-C ends it; everything is still there at the next start.',
    '',
    '',
  ].join('\n');
}
