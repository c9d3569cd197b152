import { type Command, InvalidArgumentError } from 'commander';
import { type CliDeps, jsonOf } from './answers.ts';
import { say } from './output.ts';

interface Options {
  readonly out: string;
  readonly host: string;
  readonly port: number;
  readonly hubHost: string;
  readonly hubPort: number;
  readonly user?: string;
}

/** SEC-2: a broker of one's own. Works on the fleet's files (KEYTURN_HOME, HUB_SECRET) and asks no hub: the broker is there before the first one. */
export function brokerCommands(program: Command, { terminal, writeBroker }: CliDeps): void {
  const broker = program
    .command('broker')
    .description('a Mosquitto of one’s own in place of the broker inside the hub');
  broker
    .command('config')
    .description(
      'writes configuration, rights, certificates and revocation list for this fleet; run again within a year, and whenever a port changes',
    )
    .requiredOption(
      '--out <folder>',
      'the folder that Mosquitto is to read; it holds the broker’s private key',
    )
    .option('--host <address>', 'interface for terminals', '0.0.0.0')
    .option('--port <number>', 'port for terminals', port, 8883)
    .option('--hub-host <address>', 'interface for hubs', '127.0.0.1')
    .option('--hub-port <number>', 'port for hubs', port, 8884)
    .option('--user <name>', 'the account that Mosquitto runs as when root starts it')
    .action(async ({ out, user, ...place }: Options) => {
      const written = await writeBroker(out, { ...place, user: user ?? null });
      say(terminal, jsonOf(program), written, ({ config, folder }) => [
        `Written. Start it with: mosquitto -c ${config}`,
        `Give the hub MQTT_URL=mqtts://${place.hubHost}:${place.hubPort}, MQTT_TERMINAL_URL=mqtts://NAME-OF-THIS-MACHINE:${place.port} and, on this machine, MQTT_BROKER_FOLDER=${folder}`,
      ]);
    });
}

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 65_535)
    throw new InvalidArgumentError('a TCP port from 1 to 65535');
  return value;
}
