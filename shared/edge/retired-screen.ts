import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { localGuard } from './local-guard.ts';
import { securityHeaders } from './security-headers.ts';
import { stillPages } from './still-pages.ts';

export interface RetiredScreenDeps {
  readonly terminalId: string;
  /** True once the hub has the receipt and nothing is left here. */
  readonly over: () => boolean;
  readonly otherOrigins: readonly string[];
}

/**
 * The screen of a terminal that has left the fleet (FLT-3): one page that says so, and nothing that could rent or return. A page of before, still open in the
 * browser, hears `retired` and loads this one; this one hears when the terminal serves again.
 */
export function createRetiredScreen(deps: RetiredScreenDeps): Hono {
  const app = new Hono();
  app.use('*', securityHeaders);
  app.use('*', async (c, next) => {
    await next();
    c.res.headers.set('cache-control', 'no-store');
  });
  app.use('*', localGuard({ otherOrigins: deps.otherOrigins, refused: () => {} }));
  app.get('/health', (c) => c.json({ status: 'retired', terminal: deps.terminalId, over: deps.over() }));
  app.get('/session/events', (c) =>
    // Ends at once: the browser asks again by itself after its usual pause.
    streamSSE(c, (stream) => stream.writeSSE({ event: 'retired', data: stateOf(deps) })),
  );
  app.route('/', stillPages());
  app.get('/', (c) => c.html(pageOf(deps)));
  app.get('/retired.js', (c) => c.body(SCRIPT, 200, { 'content-type': 'text/javascript; charset=utf-8' }));
  app.all('*', () => GONE.clone());
  return app;
}

const GONE = new Response(
  JSON.stringify({
    type: 'urn:keyturn:problem:terminal_retired',
    title: 'terminal retired',
    status: 410,
    code: 'terminal_retired',
    detail: 'this terminal has been taken out of the fleet',
  }),
  { status: 410, headers: { 'content-type': 'application/problem+json' } },
);

const stateOf = ({ over }: RetiredScreenDeps): 'going' | 'over' => (over() ? 'over' : 'going');

/** Loads the page anew when its words have changed, or when the terminal serves customers again. */
const SCRIPT = `const events = new EventSource('/session/events');
events.addEventListener('retired', (event) => {
  if (event.data !== document.body.dataset.state) location.reload();
});
events.addEventListener('snapshot', () => location.reload());
`;

const WORDS = {
  en: {
    heading: 'Out of service',
    line: 'This terminal has been taken out of service for good. Please use another one.',
    going: 'Its memory has been cleared. It is still telling the hub so.',
    over: 'Its memory has been cleared, and the hub has the receipt.',
  },
  ja: {
    heading: 'この端末は使用を終了しました',
    line: 'ほかの端末をご利用ください。',
    going: '内部の記録は消去されました。ハブへ報告しています。',
    over: '内部の記録は消去され、ハブが証明書を受け取りました。',
  },
  de: {
    heading: 'Außer Betrieb',
    line: 'Dieser Automat wurde endgültig außer Betrieb genommen. Bitte nehmen Sie einen anderen.',
    going: 'Sein Speicher ist geleert. Er meldet es gerade der Zentrale.',
    over: 'Sein Speicher ist geleert, und die Zentrale hat den Nachweis.',
  },
} as const;

/** The terminal's name is letters, digits and dashes (`TERMINAL_ID_PATTERN`): nothing in it needs escaping. */
const pageOf = (deps: RetiredScreenDeps): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${WORDS.en.heading}</title>
<link rel="stylesheet" href="/tokens.css">
<link rel="stylesheet" href="/marquee.css">
<link rel="stylesheet" href="/still/still.css">
</head>
<body data-state="${stateOf(deps)}">
<main data-testid="retired">
<div class="lit-front"><div class="lit-board"><h1>${WORDS.en.heading}</h1></div></div>
${Object.entries(WORDS)
  .map(
    ([language, words]) => `<section lang="${language}">
${language === 'en' ? '' : `<h2>${words.heading}</h2>`}
<p>${words.line}</p>
<p><small>${words[stateOf(deps)]}</small></p>
</section>`,
  )
  .join('\n')}
</main>
<footer><small>${deps.terminalId}</small></footer>
<script src="/retired.js"></script>
</body>
</html>
`;
