import type { TerminalId } from '#shared/kernel/ids.ts';
import { LIMITS } from '#shared/protocol/limits.ts';
import { parseTopic, terminalSubscriptions } from '#shared/protocol/topics.ts';

/**
 * What a terminal may do at the broker (SEC-2): publish on its own up topics only, keep nothing there but its own presence, read its own
 * down topics and its partition's hub record. Everything else is denied.
 */
export function mayPublish(
  terminal: TerminalId,
  packet: { readonly topic: string; readonly retain: boolean; readonly bytes: number },
): boolean {
  if (packet.bytes > LIMITS.packetBytes) return false;
  const parsed = parseTopic(packet.topic);
  if (parsed?.kind !== 'up' || parsed.terminal !== terminal) return false;
  return !packet.retain || parsed.channel === 'st';
}

/** No wildcards: a terminal names its topics. */
export const maySubscribe = (terminal: TerminalId, topic: string): boolean =>
  terminalSubscriptions(terminal).includes(topic);
