import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TerminalParts } from '#shared/edge/drivers/terminal-parts.ts';
import { findProgram } from '#test/parts.mjs';
import { type MosquittoBroker, startMosquitto } from './real-parts.ts';

const HUB = { user: 'hub', secret: 'secret-of-the-hub' };
/** As a shop's broker is set up: nobody without a name, everybody on the own topics only (SEC-2). */
const ACL = [
  `user ${HUB.user}`,
  'topic readwrite kt1/#',
  'pattern write kt1/+/%u/up',
  'pattern write kt1/+/%u/tm',
  'pattern write kt1/+/%u/st',
  'pattern read kt1/+/%u/dn/#',
  'pattern read kt1/+/hub',
  '',
].join('\n');

/** Mosquitto of the distribution, set up as a shop's broker. */
export interface ShopBroker {
  readonly broker: MosquittoBroker;
  /** How the hub reaches it, with the hub's own name. */
  readonly hubUrl: string;
  /** Lets a terminal that has just been enrolled in. */
  readonly admit: (parts: TerminalParts) => TerminalParts;
}

export async function startShopBroker(): Promise<ShopBroker> {
  const broker = await startMosquitto(({ folder }) => {
    writeFileSync(join(folder, 'acl'), ACL, { mode: 0o600 });
    writeFileSync(join(folder, 'passwords'), '', { mode: 0o600 });
    addUser(folder, HUB.user, HUB.secret);
    return [
      'allow_anonymous false',
      `password_file ${join(folder, 'passwords')}`,
      `acl_file ${join(folder, 'acl')}`,
      'message_size_limit 262144',
    ];
  });
  return {
    broker,
    hubUrl: broker.url.replace('//', `//${HUB.user}:${HUB.secret}@`),
    admit: (parts) => {
      addUser(broker.folder, parts.identity.terminalId, parts.identity.secret);
      broker.reload();
      return parts;
    },
  };
}

function addUser(folder: string, user: string, secret: string): void {
  const tool = findProgram('mosquitto_passwd');
  if (tool === undefined) throw new Error('mosquitto_passwd is not installed (package mosquitto)');
  execFileSync(tool, ['-b', join(folder, 'passwords'), user, secret], { stdio: 'pipe' });
}
