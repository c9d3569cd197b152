import type { Context } from 'hono';
import type { ReaderLanguage } from '#hub/app/reports/title-names.ts';
import { receiptLanguage } from './receipt-words.ts';

/** In which language the page that asks is read: names of titles are answered in it (SCR-5; RFC 9110, section 12.5.4). */
export const readerLanguage = (c: Context): ReaderLanguage =>
  receiptLanguage(undefined, c.req.header('accept-language'));
