import type { SecurityAlarm, SecurityAlert } from '#hub/app/security/alarm.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import type { Fault } from '#shared/kernel/result.ts';
import type { FrameFault } from './connection-limits.ts';

/** The name that a certificate proved. */
interface Named {
  readonly id: string;
}

const FRAMES: Readonly<Record<FrameFault, string>> = {
  too_large: 'a message far larger than the protocol allows',
  before_connect: 'a flood of data before it had said who it is',
  endless: 'a message that never ended',
  malformed: 'data that is no message of the protocol',
};
const HANDSHAKES = {
  plain_text: ['security_plain_text', 'without encryption'],
  old_tls: ['security_downgrade', 'with an outdated encryption'],
  too_slow: ['security_handshake_slow', 'and did not finish the greeting in time'],
} as const;

/** A topic as staff may read it: short, and without anything that is not plain text. */
const shown = (topic: string): string => topic.replace(/[^\x20-\x7e]/g, '?').slice(0, 80);

const dropsForHub = (hub: string): string =>
  `Terminals said more than ${hub} read, and the broker dropped what it had no room for. Nothing is lost: terminals say it again, later. Look whether the hub or its database is too slow. Until ${hub} connects anew the broker does not tell again.`;
const dropsForTerminal = (terminal: string): string =>
  `${terminal} did not read what the broker had for it; its connection was ended.`;

/** What the doors for terminals report to staff, in their words (SEC-2). */
export function brokerAlarms(alarm: SecurityAlarm) {
  const of = (peer: Named, code: SecurityAlert['code'], message: string): void =>
    void alarm.raise({
      code,
      subject: peer.id,
      message,
      severity: 'critical',
      terminalId: peer.id as TerminalId,
    });
  return {
    ...doorAlarms(alarm, 'broker'),
    publish: (peer: Named, topic: string) =>
      of(peer, 'security_publish_denied', `${peer.id} tried to send as somebody else (${shown(topic)}).`),
    subscribe: (peer: Named, topic: string) =>
      of(
        peer,
        'security_subscribe_denied',
        `${peer.id} tried to listen to what is not for it (${shown(topic)}).`,
      ),
    will: (peer: Named, topic: string) =>
      of(
        peer,
        'security_will_denied',
        `${peer.id} tried to leave a last message as somebody else (${shown(topic)}).`,
      ),
    otherName: (peer: Named, name: string) =>
      of(peer, 'security_name_denied', `${peer.id} tried to connect under another name (${shown(name)}).`),
    flood: (peer: Named) =>
      of(peer, 'security_flood', `${peer.id} sent far more messages than a terminal does.`),
    frame: (peer: Named, why: FrameFault) =>
      of(peer, 'security_packet_refused', `${peer.id} sent ${FRAMES[why]}.`),
    drops: (client: string, terminalId: TerminalId | null) =>
      void alarm.raise({
        ...{ code: 'messages_dropped', subject: client, terminalId },
        message: terminalId === null ? dropsForHub(client) : dropsForTerminal(client),
      }),
  };
}

/** What happens before anybody has a name, at the door of the hub or of the broker. */
export function doorAlarms(alarm: SecurityAlarm, door: 'hub' | 'broker') {
  const at = (code: SecurityAlert['code'], message: string): void =>
    void alarm.raise({ code, subject: door, message });
  return {
    stranger: (refusal: Fault, address: string | undefined) =>
      at(
        'security_certificate_foreign',
        `Somebody at ${address ?? 'an unknown address'} came to the ${door} with a certificate that is not a terminal's of this fleet: ${refusal.message}.`,
      ),
    handshake: (why: keyof typeof HANDSHAKES, address: string | undefined) => {
      const [code, words] = HANDSHAKES[why];
      at(
        code,
        `Somebody at ${address ?? 'an unknown address'} spoke to the ${door} ${words}. Nothing was answered.`,
      );
    },
  };
}
