import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from '@hono/zod-openapi';
import { createTitle, setWithdrawn, type TitlePresentation, updateTitle } from '#hub/app/catalogue/titles.ts';
import { factsOf } from '#hub/app/catalogue/view.ts';
import { titlePage } from '#hub/app/reports/title-page.ts';
import { titleViewOf } from '#hub/app/reports/title-view.ts';
import { addTariff, listTariffs, previewCurve } from '#hub/app/tariffs/tariffs.ts';
import * as contract from '#hub/http/contract/catalogue.ts';
import { cursorOf } from '#hub/http/contract/common.ts';
import { endpoint } from '#hub/http/endpoint.ts';
import type { TitleRow } from '#hub/ports/rows/index.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import { titleId } from '#shared/protocol/primitives.ts';
import type { StaffDeps } from './deps.ts';
import { actorOf } from './guard.ts';

const tag = 'catalogue';
const oneTitle = z.object({ titleId });

/** Titles and tariffs. */
export function catalogueRoutes(app: OpenAPIHono, deps: StaffDeps): void {
  titleRoutes(app, deps);
  tariffRoutes(app, deps);
}

async function viewOf(deps: StaffDeps, title: TitleRow) {
  return titleViewOf(await factsOf(deps.db.stores, deps.clock.now(), [title]), title);
}

const told = (
  deps: StaffDeps,
  c: Parameters<typeof actorOf>[0],
  action: string,
  subject: string,
  detail = {},
) => deps.db.stores.audit.append({ at: deps.clock.now(), actor: actorOf(c), action, subject, detail });

function titleRoutes(app: OpenAPIHono, deps: StaffDeps): void {
  endpoint(
    app,
    {
      method: 'get',
      path: '/titles',
      summary: 'All titles, newest first; also withdrawn ones.',
      tag,
      query: contract.titleQuery,
      answer: contract.titleList,
    },
    async ({ query }) => {
      const page = await titlePage(deps, { ...query, q: query.q === '' ? undefined : query.q });
      return ok({ items: [...page.rows], total: page.total, next: cursorOf(page.next) });
    },
  );
  endpoint(
    app,
    {
      method: 'get',
      path: '/titles/{titleId}',
      summary: 'One title.',
      tag,
      params: oneTitle,
      answer: contract.titleView,
    },
    async ({ params }) => {
      const title = await deps.db.stores.titles.find(params);
      return title === null
        ? fault('title_unknown', 'there is no title of this id')
        : ok(await viewOf(deps, title));
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/titles',
      summary: 'Adds a title; its edition is uploaded afterwards.',
      tag,
      body: contract.createTitleBody,
      answer: contract.titleView,
    },
    async ({ body, c }) => {
      const { titleId: wantedId, ...content } = body;
      const made = await createTitle(deps, content, wantedId);
      if (!made.ok) return made;
      await told(deps, c, 'title.added', made.value.titleId);
      return ok(await viewOf(deps, made.value));
    },
  );
  endpoint(
    app,
    {
      method: 'patch',
      path: '/titles/{titleId}',
      summary: 'Changes presentation, tariff or limits; open rentals keep theirs (CHG-4).',
      tag,
      params: oneTitle,
      body: contract.updateTitleBody,
      answer: contract.titleView,
    },
    async ({ params, body, c }) => {
      const change = Object.fromEntries(
        Object.entries(body).filter(([, value]) => value !== undefined),
      ) as Partial<TitlePresentation>;
      const made = await updateTitle(deps, params.titleId, change);
      if (!made.ok) return made;
      await told(deps, c, 'title.changed', params.titleId, { fields: Object.keys(change) });
      return ok(await viewOf(deps, made.value));
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/titles/{titleId}/withdraw',
      summary: 'Takes a title out of the shops, or back in.',
      tag,
      params: oneTitle,
      body: contract.withdrawBody,
      answer: contract.titleView,
    },
    async ({ params, body, c }) => {
      const made = await setWithdrawn(deps, params.titleId, body.withdrawn);
      if (!made.ok) return made;
      await told(deps, c, body.withdrawn ? 'title.withdrawn' : 'title.restored', params.titleId);
      return ok(await viewOf(deps, made.value));
    },
  );
}

function tariffRoutes(app: OpenAPIHono, deps: StaffDeps): void {
  endpoint(
    app,
    {
      method: 'get',
      path: '/tariffs',
      summary: 'The newest version of every tariff.',
      tag,
      answer: contract.tariffList,
    },
    async () => ok({ items: [...(await listTariffs(deps.db.stores))] }),
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/tariffs',
      summary: 'Adds a tariff, or the next version of one (CHG-4).',
      tag,
      body: contract.tariffBody,
      answer: contract.tariffView,
    },
    async ({ body, c }) => {
      const made = await addTariff(deps, body.tariffId ?? null, body.tariff);
      if (made.ok) await told(deps, c, 'tariff.added', made.value.tariffId, { version: made.value.version });
      return made;
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/tariffs/preview',
      summary: 'What a rental begun now would cost on each of the next days (CHG-3).',
      tag,
      body: contract.curveBody,
      answer: contract.curve,
    },
    async ({ body }) => {
      const site = await deps.db.stores.sites.find({ siteId: body.siteId });
      if (site === null) return fault('site_missing', 'there is no site of this id');
      const curve = previewCurve(deps, body.tariff, site.calendar, body.days);
      return curve.ok ? ok({ points: [...curve.value] }) : curve;
    },
  );
}
