import { type OpenAPIHono, z } from '@hono/zod-openapi';
import { rotateAuthority, rotateKeys } from '#hub/app/keys/rotation.ts';
import * as contract from '#hub/http/contract/keys.ts';
import { endpoint } from '#hub/http/endpoint.ts';
import { KEY_PURPOSES } from '#hub/ports/key-encryption.ts';
import { ok } from '#shared/kernel/result.ts';
import type { StaffDeps } from './deps.ts';
import { actorOf } from './guard.ts';

const tag = 'keys';

/** SEC-3: generations of the hub's keys, and their rotation. Keys themselves never leave the key encryption. */
export function keyRoutes(app: OpenAPIHono, deps: StaffDeps): void {
  endpoint(
    app,
    {
      method: 'get',
      path: '/keys',
      summary: 'SEC-3: generations of the hub’s key-encryption keys, newest first.',
      tag,
      answer: contract.keyList,
    },
    async () => {
      const items = [];
      for (const purpose of KEY_PURPOSES)
        items.push({ purpose, generations: [...(await deps.keys.generations(purpose))] });
      return ok({ items });
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/keys/{purpose}/rotate',
      summary: 'SEC-3: a new generation; data keys are wrapped anew in the background.',
      tag,
      params: z.object({ purpose: contract.keyPurpose }),
      answer: contract.keyGeneration,
    },
    async ({ params, c }) => ok(await rotateKeys(deps, actorOf(c), params.purpose)),
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/authority/{key}/rotate',
      summary: 'SEC-3: a new key and certificate for everything new; what was made before stays good.',
      tag,
      params: z.object({ key: contract.authorityKey }),
      answer: contract.authorityRotation,
    },
    async ({ params, c }) => rotateAuthority(deps, actorOf(c), params.key),
  );
}
