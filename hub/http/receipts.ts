import type { OpenAPIHono } from '@hono/zod-openapi';
import { html } from 'hono/html';
import type { HubDeps } from '#hub/app/deps.ts';
import type { ReceiptRow } from '#hub/ports/rows/index.ts';
import { LIMITS } from '#shared/media/layout.ts';
import { receiptSchema } from '#shared/media/receipt.ts';
import { type FleetTrust, verifyJws } from '#shared/media/signing.ts';
import { returnId, sha256Hex } from '#shared/protocol/primitives.ts';

type Deps = Pick<HubDeps, 'db'> & { readonly trust: FleetTrust };

/** What was really proven, in words (RET-4): "erased" is used for PURGE only. */
const CLAIM_WORDS: Readonly<Record<string, string>> = {
  'CLEAR-SLOT': 'A copy of the key was on the medium; its slot was overwritten and read back.',
  PURGE: "The key was erased: the medium's controller itself signed the deletion.",
};
const READ_BACK_WORDS: Readonly<Record<string, string>> = {
  'power-cycle': 'after taking power off the port',
  remount: 'after mounting the medium again',
  'direct-io': 'by reading directly from the device',
  'cache-dropped': 'after dropping what the terminal had cached',
};

/** The public check of a receipt (RET-4), by its own id or the id of the return: says nothing about whose it is or what it was. */
export function receiptRoutes(app: OpenAPIHono, deps: Deps): void {
  app.get('/r/:id', async (c) => {
    c.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'");
    c.header('referrer-policy', 'no-referrer');
    const row = await find(deps, c.req.param('id'));
    if (row === null)
      return c.html(
        page(
          'No such receipt',
          html`<p>The hub knows no receipt of this number. A receipt made while
      the terminal had no connection appears here once it has reported.</p>`,
        ),
        404,
      );
    const verified = await verifyJws(row.jws, deps.trust, {
      type: 'keyturn-receipt',
      schema: receiptSchema,
      roles: ['return-terminal', 'kiosk'],
      validAt: 'signed-at',
      maxBytes: LIMITS.receiptBytes,
    });
    if (!verified.ok)
      return c.html(
        page('Receipt not valid', html`<p>The signature of this receipt does not hold.</p>`),
        409,
      );
    const receipt = verified.value.payload;
    const at = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeStyle: 'medium', timeZone: 'UTC' });
    return c.html(
      page(
        'Receipt is genuine',
        html`<p>${CLAIM_WORDS[receipt.claim] ?? receipt.claim}</p>
        <dl><dt>Returned</dt><dd>${at.format(receipt.t0)} UTC</dd>
        <dt>Key destroyed</dt><dd>${at.format(receipt.destroyedAt)} UTC</dd>
        <dt>Read back</dt><dd>${READ_BACK_WORDS[receipt.readBack] ?? receipt.readBack}</dd>
        <dt>Terminal</dt><dd>${receipt.terminal}, receipt ${receipt.counter}</dd>
        <dt>Copy</dt><dd>${receipt.copyId}</dd></dl>`,
      ),
    );
  });
}

async function find(deps: Deps, id: string): Promise<ReceiptRow | null> {
  const { receipts } = deps.db.stores;
  const byHash = sha256Hex.safeParse(id);
  if (byHash.success) return receipts.find({ receiptId: byHash.data });
  const byReturn = returnId.safeParse(id);
  return byReturn.success ? receipts.first({ returnId: byReturn.data }) : null;
}

const page = (title: string, body: ReturnType<typeof html>) => html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title} – Keyturn</title>
<style>body{font:18px/1.5 system-ui,sans-serif;max-width:38rem;margin:3rem auto;padding:0 1rem;color:#1c1b1a;background:#fbfaf8}
dt{color:#5c5853;font-size:.85em}dd{margin:0 0 .6em;overflow-wrap:anywhere}h1{line-height:1.15}</style></head>
<body><main><h1>${title}</h1>${body}</main></body></html>`;
