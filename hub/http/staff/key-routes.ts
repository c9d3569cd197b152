import { type OpenAPIHono, z } from '@hono/zod-openapi';
import { generationsOf, ROTATED_KEYS, usesOf } from '#hub/app/keys/rotation.ts';
import * as contract from '#hub/http/contract/keys.ts';
import { endpoint } from '#hub/http/endpoint.ts';
import { ok } from '#shared/kernel/result.ts';
import type { StaffDeps } from './deps.ts';
import { staffOf } from './guard.ts';

const tag = 'keys';

/** SEC-3: generations of the hub's keys, and their rotation, which takes two administrators. Keys themselves never leave the hub. */
export function keyRoutes(app: OpenAPIHono, deps: StaffDeps): void {
  endpoint(
    app,
    {
      method: 'get',
      path: '/keys',
      summary: 'SEC-3: generations of the hub’s keys, newest first, and what still needs each.',
      tag,
      answer: contract.keyList,
    },
    async () => {
      const items = [];
      for (const key of ROTATED_KEYS) {
        const generations = [];
        for (const one of await generationsOf(deps, key)) {
          const uses = one.retiredAt === null ? await usesOf(deps, key, one.generation) : 0;
          generations.push({ ...one, uses });
        }
        items.push({ key, generations });
      }
      return ok({ items });
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/keys/{key}/rotate',
      summary:
        'SEC-3, SEC-7: asks a second administrator for a new generation; what was made before stays good.',
      tag,
      params: z.object({ key: contract.rotatedKey }),
      body: contract.rotationAsk,
      answer: contract.rotationAsked,
    },
    async ({ params: { key }, body: { reason }, c }) => {
      const wish = { subject: key, payload: { key }, reason };
      const { requestId } = await deps.secondPerson.request(staffOf(c), 'keys.rotate', wish);
      return ok({ requestId });
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/authority/{key}/rotate',
      summary:
        'SEC-3, SEC-7: asks a second administrator for a new key and certificate of the fleet’s authority.',
      tag,
      params: z.object({ key: contract.authorityKey }),
      body: contract.rotationAsk,
      answer: contract.rotationAsked,
    },
    async ({ params: { key }, body: { reason }, c }) => {
      const wish = { subject: key, payload: { key }, reason };
      const { requestId } = await deps.secondPerson.request(staffOf(c), 'authority.rotate', wish);
      return ok({ requestId });
    },
  );
}
