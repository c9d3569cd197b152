import type { OpenAPIHono } from '@hono/zod-openapi';
import { Temporal } from 'temporal-polyfill';
import { problem } from '#hub/http/problem.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';

const PATH = '/.well-known/security.txt';
/** RFC 9116 §2.5.5 wants less than a year, so that nobody believes what is old. */
const VALID_MS = 180 * 86_400_000;

export interface SecurityTxtDeps {
  readonly clock: Pick<Clock, 'now'>;
  readonly publicAddress: () => string;
  /** `mailto:` or `https:` address for reports of weaknesses; empty: the operator has named none. */
  readonly securityContact: string;
}

/** RFC 9116: whom to tell of a weakness. */
export function securityTxt(contact: string, address: string, now: EpochMs): string {
  const expires = Temporal.Instant.fromEpochMilliseconds(epochMs(now + VALID_MS));
  const lines = [
    `Contact: ${contact}`,
    `Expires: ${expires.toString({ smallestUnit: 'second' })}`,
    'Preferred-Languages: en, ja',
    `Canonical: ${address}${PATH}`,
  ];
  return `${lines.join('\r\n')}\r\n`;
}

export function securityTxtRoute(app: OpenAPIHono, deps: SecurityTxtDeps): void {
  app.get(PATH, (c) =>
    deps.securityContact === ''
      ? problem(c, { code: 'not_found', message: 'HUB_SECURITY_CONTACT names nobody' })
      : c.text(securityTxt(deps.securityContact, deps.publicAddress(), deps.clock.now()), 200, {
          'content-type': 'text/plain; charset=utf-8',
        }),
  );
}
