import { createHash } from 'node:crypto';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { html, raw } from 'hono/html';
import type { HubDeps } from '#hub/app/deps.ts';
import { proveLeaf } from '#hub/app/log/log.ts';
import type { ReceiptRow } from '#hub/ports/rows/index.ts';
import { LIMITS } from '#shared/media/layout.ts';
import { receiptLeaf } from '#shared/media/log/leaves.ts';
import { type Receipt, receiptSchema } from '#shared/media/receipt.ts';
import { certificateEnd, type FleetTrust, verifyJws } from '#shared/media/signing.ts';
import { returnId, sha256Hex } from '#shared/protocol/primitives.ts';
import { RECEIPT_WORDS, type ReceiptLanguage, receiptLanguage } from './receipt-words.ts';

type Deps = Pick<HubDeps, 'db'> & { readonly trust: FleetTrust };

/**
 * The public check of a receipt (RET-4, SEC-4), by its own id or the id of the return: whether it is genuine, what was really proven, and that it stands in the signed log. Says nothing
 * about whose it is or what it was. `?lang=ja` or the browser's language. `/r/:id/proof.json`: receipt and proof for anybody's own check.
 */
export function receiptRoutes(app: OpenAPIHono, deps: Deps): void {
  app.get('/r/:id', async (c) => {
    c.header('content-security-policy', PAGE_POLICY);
    c.header('referrer-policy', 'no-referrer');
    c.header('vary', 'accept-language');
    const language = receiptLanguage(c.req.query('lang'), c.req.header('accept-language'));
    const words = RECEIPT_WORDS[language];
    const row = await find(deps, c.req.param('id'));
    if (row === null) return c.html(page(language, words.unknown, html`<p>${words.unknownText}</p>`), 404);
    const receipt = await readReceipt(deps, row);
    if (receipt === null)
      return c.html(page(language, words.invalid, html`<p>${words.invalidText}</p>`), 409);
    return c.html(await genuine(deps, language, row, receipt));
  });
  app.get('/r/:id/proof.json', async (c) => {
    c.header('referrer-policy', 'no-referrer');
    return proofFile(deps, c);
  });
}

async function genuine(deps: Deps, language: ReceiptLanguage, row: ReceiptRow, receipt: Receipt) {
  const words = RECEIPT_WORDS[language];
  const at = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeStyle: 'medium', timeZone: 'UTC' });
  const proof = await proveLeaf(deps.db.stores, receiptLeaf(row.receiptId));
  const logged = proof.ok
    ? html`<p>${words.logged(proof.value.index + 1, proof.value.size)}</p>
        <p><a href="/r/${row.receiptId}/proof.json" download="keyturn-receipt-${row.receiptId.slice(0, 16)}.json">${words.download}</a></p>`
    : html`<p>${words.notYetLogged}</p>`;
  return page(
    language,
    words.genuine,
    html`<p>${words.claim[receipt.claim]}</p>
        <dl><dt>${words.returned}</dt><dd>${at.format(receipt.t0)} UTC</dd>
        <dt>${words.destroyed}</dt><dd>${at.format(receipt.destroyedAt)} UTC</dd>
        <dt>${words.readBack}</dt><dd>${words.readBackBy[receipt.readBack]}</dd>
        <dt>${words.terminal}</dt><dd>${words.number(receipt.terminal, receipt.counter)}</dd>
        <dt>${words.copy}</dt><dd>${receipt.copyId}</dd></dl>
        <h2>${words.log}</h2>${logged}`,
  );
}

async function proofFile(deps: Deps, c: Context): Promise<Response> {
  const row = await find(deps, c.req.param('id') ?? '');
  const proof = row === null ? null : await proveLeaf(deps.db.stores, receiptLeaf(row.receiptId));
  if (row === null || proof === null || !proof.ok) return c.json({ found: false }, 404);
  c.header(
    'content-disposition',
    `attachment; filename="keyturn-receipt-${row.receiptId.slice(0, 16)}.json"`,
  );
  return c.json({ receipt: row.jws, proof: proof.value });
}

/** A terminal that could not renew its certificate goes on taking returns: its receipts are genuine all the same. */
async function readReceipt({ trust }: Deps, { jws }: ReceiptRow): Promise<Receipt | null> {
  const options = {
    type: 'keyturn-receipt',
    schema: receiptSchema,
    roles: ['return-terminal', 'kiosk'],
    maxBytes: LIMITS.receiptBytes,
  } as const;
  const read = await verifyJws(jws, trust, { ...options, validAt: 'signed-at' });
  if (read.ok) return read.value.payload;
  const end = read.error.code === 'certificate_expired' ? certificateEnd(jws) : null;
  const late = end === null ? read : await verifyJws(jws, trust, { ...options, validAt: end });
  return late.ok ? late.value.payload : null;
}

async function find(deps: Deps, id: string): Promise<ReceiptRow | null> {
  const { receipts } = deps.db.stores;
  const byHash = sha256Hex.safeParse(id);
  if (byHash.success) return receipts.find({ receiptId: byHash.data });
  const byReturn = returnId.safeParse(id);
  return byReturn.success ? receipts.first({ returnId: byReturn.data }) : null;
}

const STYLE = `body{font:18px/1.5 system-ui,sans-serif;max-width:38rem;margin:3rem auto;padding:0 1rem;color:#1c1b1a;background:#fbfaf8}
dt{color:#5c5853;font-size:.85em}dd{margin:0 0 .6em;overflow-wrap:anywhere}h1,h2{line-height:1.15}h2{font-size:1.1em}a{color:#1f4f8f}
nav{margin-top:2.5rem}nav a{display:inline-block;padding:.6rem .8rem .6rem 0}`;
/** No script at all, and this one style: by its hash (CSP Level 3, 8.4). */
const PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const page = (language: ReceiptLanguage, title: string, body: ReturnType<typeof html>) => html`<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title} – Keyturn</title>
<style>${raw(STYLE)}</style></head>
<body><main><h1>${title}</h1>${body}</main><nav><a href="?lang=en" lang="en">English</a><a href="?lang=ja" lang="ja">日本語</a><a href="?lang=de" lang="de">Deutsch</a></nav></body></html>`;
