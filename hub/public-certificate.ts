import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { HubSettings } from './config.ts';

type Settings = Pick<HubSettings, 'HUB_HOST' | 'HUB_TLS_CERTIFICATE' | 'HUB_TLS_KEY' | 'HUB_BEHIND_PROXY'>;

/**
 * What console, staff API and customers are served with; null: plain HTTP, which only this machine or a proxy in front may hear (SEC-2).
 * Faults: `hub_plain_text` where others could listen, `hub_certificate_unusable`.
 */
export async function publicCertificate(
  settings: Settings,
): Promise<
  Result<
    { readonly cert: string; readonly key: string } | null,
    Fault<'hub_plain_text' | 'hub_certificate_unusable'>
  >
> {
  const { HUB_TLS_CERTIFICATE, HUB_TLS_KEY, HUB_HOST, HUB_BEHIND_PROXY } = settings;
  if (HUB_TLS_CERTIFICATE === '' && HUB_TLS_KEY === '')
    return isLoopback(HUB_HOST) || HUB_BEHIND_PROXY === 'yes'
      ? ok(null)
      : fault(
          'hub_plain_text',
          `on ${HUB_HOST} anybody could read what staff and hub say to each other: give HUB_TLS_CERTIFICATE and HUB_TLS_KEY, or say HUB_BEHIND_PROXY=yes where a proxy speaks TLS in front of it`,
        );
  try {
    const [cert, key] = await Promise.all([
      readFile(HUB_TLS_CERTIFICATE, 'utf8'),
      readFile(HUB_TLS_KEY, 'utf8'),
    ]);
    if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
      return fault('hub_certificate_unusable', 'HUB_TLS_KEY is not the key of HUB_TLS_CERTIFICATE');
    return ok({ cert, key });
  } catch (error) {
    return fault(
      'hub_certificate_unusable',
      `HUB_TLS_CERTIFICATE and HUB_TLS_KEY cannot be used: ${error instanceof Error ? error.message : 'unreadable'}`,
    );
  }
}

/** Whether only this machine can reach an interface. A name is believed only where it says so by definition (RFC 6761). */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || (isIP(host) === 4 ? host.startsWith('127.') : host === '::1');
