import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from '@hono/zod-openapi';
import { closeSite } from '#hub/app/sites/closures.ts';
import { changeSite, changeWeek, createSite, withdrawClosure } from '#hub/app/sites/sites.ts';
import * as contract from '#hub/http/contract/catalogue.ts';
import { endpoint } from '#hub/http/endpoint.ts';
import type { SiteRow } from '#hub/ports/rows/index.ts';
import { ok } from '#shared/kernel/result.ts';
import { siteId } from '#shared/protocol/primitives.ts';
import type { StaffDeps } from './deps.ts';
import { actorOf } from './guard.ts';

const tag = 'sites';
const oneSite = z.object({ siteId });

/** Shops: their days, where they are, and where their terminals stand. */
export function siteRoutes(app: OpenAPIHono, deps: StaffDeps): void {
  const { sites, terminals } = deps.db.stores;
  const siteView = async (site: SiteRow) => ({
    siteId: site.siteId,
    name: site.name,
    address: site.address,
    calendar: site.calendar,
    place: site.place,
    plan: site.plan,
    terminals: await terminals.count({ siteId: site.siteId }),
    terminalsOnline: await terminals.count({ siteId: site.siteId, state: 'active', online: true }),
    terminalsActive: await terminals.count({ siteId: site.siteId, state: 'active' }),
    updatedAt: site.updatedAt,
  });
  endpoint(
    app,
    { method: 'get', path: '/sites', summary: 'All shops.', tag, answer: contract.siteList },
    async () => {
      const found = await sites.list({}, { orderBy: ['name'], limit: 10_000 });
      return ok({ items: await Promise.all(found.map(siteView)) });
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/sites',
      summary: 'Adds a shop.',
      tag,
      body: contract.siteBody,
      answer: contract.siteView,
    },
    async ({ body, c }) => {
      const made = await createSite(deps, body);
      if (!made.ok) return made;
      const actor = actorOf(c);
      const subject = made.value.siteId;
      await deps.db.stores.audit.append({
        at: deps.clock.now(),
        actor,
        action: 'site.added',
        subject,
        detail: {},
      });
      return ok(await siteView(made.value));
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/sites/{siteId}/closures',
      summary: 'CHG-4: enters closed days, also afterwards; rentals are adjusted.',
      tag,
      params: oneSite,
      body: contract.closureBody,
      answer: contract.closureAnswer,
    },
    async ({ params, body, c }) => {
      const closed = await closeSite(deps, actorOf(c), params.siteId, body);
      if (!closed.ok) return closed;
      return ok({ site: await siteView(closed.value.site), adjusted: [...closed.value.effects] });
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/sites/{siteId}/closures/withdraw',
      summary: 'The shop is open on these days after all; rentals that were given them keep them.',
      tag,
      params: oneSite,
      body: contract.closureBody,
      answer: contract.siteView,
    },
    async ({ params, body, c }) => {
      const opened = await withdrawClosure(deps, actorOf(c), params.siteId, body);
      return opened.ok ? ok(await siteView(opened.value)) : opened;
    },
  );
  endpoint(
    app,
    {
      method: 'put',
      path: '/sites/{siteId}/week',
      summary: 'CHG-4: on which weekdays it is open and until when, for rentals to come.',
      tag,
      params: oneSite,
      body: contract.weekBody,
      answer: contract.siteView,
    },
    async ({ params, body, c }) => {
      const changed = await changeWeek(deps, actorOf(c), params.siteId, body.weekly);
      return changed.ok ? ok(await siteView(changed.value)) : changed;
    },
  );
  endpoint(
    app,
    {
      method: 'put',
      path: '/sites/{siteId}/place',
      summary: 'Where on earth it is.',
      tag,
      params: oneSite,
      body: contract.placeBody,
      answer: contract.siteView,
    },
    async ({ params, body, c }) => {
      const changed = await changeSite(deps, actorOf(c), params.siteId, { place: body.place });
      return changed.ok ? ok(await siteView(changed.value)) : changed;
    },
  );
  endpoint(
    app,
    {
      method: 'put',
      path: '/sites/{siteId}/plan',
      summary: 'Where its terminals stand.',
      tag,
      params: oneSite,
      body: contract.planBody,
      answer: contract.siteView,
    },
    async ({ params, body, c }) => {
      const changed = await changeSite(deps, actorOf(c), params.siteId, { plan: body.plan });
      return changed.ok ? ok(await siteView(changed.value)) : changed;
    },
  );
}
