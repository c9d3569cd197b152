import type { Hole } from '../hole.ts';

const UPLOADS = 'hub/http/staff/upload-routes.ts';
const CONTENT = 'hub/http/terminal/content.ts';

/** Texts, files, paths. */
export const INPUT_HOLES: readonly Hole[] = [
  {
    id: 'members-searched-by-pasted-sql',
    rows: ['injection-sql'],
    cuts: [
      {
        file: 'hub/db/table-store.ts',
        guard: 'ilike(column, `%${escaped(String(value))}%`)',
        open: "sql.raw(`${column.name} ilike '%${String(value)}%'`)",
      },
    ],
    says: 'GOT THROUGH',
    evidence: '/members?q=',
    sample: true,
  },
  {
    id: 'answers-may-be-pages',
    rows: ['injection-html'],
    cuts: [
      {
        file: 'hub/http/security-headers.ts',
        guard: "headers.set('x-content-type-options', 'nosniff')",
        open: "headers.delete('x-content-type-options')",
      },
      {
        file: 'hub/http/server.ts',
        guard: "c.header('x-content-type-options', 'nosniff')",
        open: '0',
      },
    ],
    says: 'GOT THROUGH',
    evidence: 'an answer that a browser could take for a page',
  },
  {
    id: 'language-may-be-a-path',
    rows: ['injection-path'],
    cuts: [{ file: UPLOADS, guard: '!LANGUAGE.test(language)', open: 'false' }],
    says: 'GOT THROUGH',
    evidence: '/subtitles/',
  },
  {
    id: 'redirect-written-by-hand',
    rows: ['injection-header'],
    cuts: [
      {
        file: 'hub/http/server.ts',
        guard: "c.header('x-content-type-options', 'nosniff')",
        open: "c.req.path.startsWith('/r/') && c.env.incoming.socket.write(`HTTP/1.1 302 Found\\r\\nLocation: ${decodeURIComponent(c.req.path)}\\r\\n\\r\\n`)",
      },
    ],
    says: 'GOT THROUGH',
    evidence: 'GET /r/',
  },
  {
    id: 'hash-of-edition-not-compared',
    rows: ['upload-bomb'],
    cuts: [{ file: 'hub/app/catalogue/uploads.ts', guard: 'upload.sha256', open: 'null' }],
    says: 'GOT THROUGH',
    evidence: 'another hash than declared: 200',
  },
  {
    id: 'small-bodies-without-limit',
    rows: ['upload-bomb'],
    cuts: [{ file: UPLOADS, guard: 'bytes > limit', open: 'false' }],
    says: 'GOT THROUGH',
    evidence: 'bytes were taken in',
  },
  {
    id: 'kind-of-edition-not-looked-at',
    rows: ['zip-bomb'],
    cuts: [
      { file: 'hub/app/catalogue/uploads.ts', guard: '!fits.ok', open: 'false' },
      { file: 'hub/app/catalogue/uploads.ts', guard: 'upload.sha256', open: 'null' },
    ],
    says: 'GOT THROUGH',
    evidence: 'zip as text: 200',
  },
  {
    id: 'hostile-uploads-not-told',
    rows: ['image-bomb'],
    cuts: [{ file: UPLOADS, guard: 'HOSTILE.has(fault.code)', open: 'false' }],
    says: 'NO TRACE',
    evidence: 'no alert security_upload_refused',
  },
  {
    id: 'library-gives-any-file',
    rows: ['path-traversal-hub'],
    cuts: [
      {
        file: CONTENT,
        guard: "problem(c, { code: 'edition_missing', message: 'there is no edition of this id' })",
        open: "new Response(process.getBuiltinModule('node:fs').readFileSync(`/${decodeURIComponent(c.req.path).split('/editions/')[1].replaceAll('../', '').replace(/^\\/+/, '')}`))",
      },
    ],
    says: 'GOT THROUGH',
    evidence: 'came back: 200',
  },
  {
    id: 'player-does-not-tell',
    rows: ['path-traversal-player'],
    cuts: [
      {
        file: 'firmware-sim/player/http.ts',
        guard: "player.reportAttack('security_path_refused')",
        open: 'undefined',
      },
    ],
    says: 'NO TRACE',
    evidence: 'no line security_path_refused',
    sample: true,
  },
];
