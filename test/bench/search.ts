import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import postgres from 'postgres';
import { defaultHubSettings } from '#hub/config.ts';
import { TitleIndex } from '#hub/domain/title-index.ts';
import { createHub } from '#hub/hub.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { TitleId } from '#shared/kernel/ids.ts';
import { silentLog } from '#shared/ports/log.ts';
import { startPostgres } from '#test/support/real-parts.ts';
import { assertDurable } from './support/durable.ts';
import { quantile, round3 } from './support/figures.ts';
import {
  type Film,
  madeUpFilms,
  manyFilms,
  plainWords,
  type Question,
  questionsAbout,
  readFilms,
} from './support/films.ts';
import { wholeNumbers } from './support/whole-numbers.ts';

const PASSWORD = 'a password of benchmarks';
const ROWS = 20;

/**
 * `npm run bench -- search [--films FILE] [--titles N] [--questions N] [--quick]`: the hub's search over HTTP, signed in, as the console asks it (twenty titles with
 * their figures, all words, beginnings, one typing error), over the films of a file and over N made from them; beside it the bare SQL over the same rows in the same
 * PostgreSQL, question by question in turns: full text search over an index of words, and ILIKE. `ratio`: full text search's p99 over ours at N titles.
 */
export async function run({ quick, rest }: { quick: boolean; rest: readonly string[] }): Promise<void> {
  const { values } = parseArgs({
    args: [...rest],
    options: {
      films: { type: 'string' },
      titles: { type: 'string', default: quick ? '4000' : '1000000' },
      questions: { type: 'string', default: quick ? '30' : '600' },
    },
  });
  const { titles, questions } = wholeNumbers({ titles: values.titles, questions: values.questions });
  const films = values.films === undefined ? madeUpFilms(quick ? 1000 : 36_000) : readFilms(values.films);
  console.log(
    `${films.length} ${values.films === undefined ? 'made-up films' : 'films of the file'}, and ${titles} made from them`,
  );
  const few = {
    ...(await overTitles(films, films.length, questions)),
    indexAlone: indexAlone(films, films.length, questions),
  };
  const many = {
    ...(await overTitles(films, titles, questions)),
    indexAlone: indexAlone(films, titles, questions),
  };
  console.log(
    JSON.stringify({
      bench: 'search',
      ratio: round3(many.fullText.p99 / many.hub.p99),
      ratioP50: round3(many.fullText.p50 / many.hub.p50),
      madeUp: values.films === undefined,
      questions,
      few,
      many,
    }),
  );
}

async function overTitles(films: readonly Film[], titles: number, count: number) {
  const home = await mkdtemp(join(tmpdir(), 'keyturn-bench-'));
  const cluster = await startPostgres({ shared_buffers: '512MB', max_wal_size: '4GB' });
  const agent = new Agent({ keepAlive: true });
  const { url } = await cluster.createDatabase();
  await assertDurable(url);
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  const hub = createHub({
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    settings: defaultHubSettings({
      KEYTURN_HOME: home,
      ...{ HUB_PORT: 0, MQTT_PORT: 0, HUB_TERMINAL_PORT: 0 },
      HUB_ADMIN_PASSWORD: PASSWORD,
      HUB_SECOND_FACTOR: '',
      DATABASE_URL: url,
    }),
    consoleFolder: null,
  });
  const started = await hub.start();
  assert(started.ok, 'the hub starts');
  try {
    const { http } = hub.addresses();
    const cookie = await signedIn(http);
    await fill(sql, films, titles);
    const rssBefore = process.memoryUsage.rss();
    const ask = (question: string) =>
      found(`${http}/api/v1/titles?limit=${ROWS}&q=${encodeURIComponent(question)}`, cookie, agent);
    const building = performance.now();
    await ask('anything');
    const firstSeconds = (performance.now() - building) / 1000;
    const rssAfter = process.memoryUsage.rss();
    const questions = questionsAbout(films, count);
    // Everybody has been asked before he is measured.
    for (const { words } of questions.slice(0, 20)) {
      await ask(words.join(' '));
      await fullText(sql, words);
    }
    const times = { words: [] as number[], beginnings: [] as number[], error: [] as number[] };
    const bare = {
      hub: [] as number[],
      index: [] as number[],
      fullText: [] as number[],
      ilike: [] as number[],
    };
    let right = 0;
    const { titleSearch } = hub.inside();
    for (const [at, question] of questions.entries()) {
      const sought = question.words.join(' ');
      const [took, answer] = await timed(() => ask(sought));
      times[question.kind].push(took);
      if (answer.some((name) => holds(name, question))) right += 1;
      bare.index.push((await timed(() => titleSearch.find(sought, ROWS)))[0]);
      if (question.kind === 'error') continue;
      bare.hub.push(took);
      bare.fullText.push((await timed(() => fullText(sql, question.words)))[0]);
      if (at % 10 === 0) bare.ilike.push((await timed(() => ilike(sql, question.words)))[0]);
    }
    const figures = {
      titles,
      hub: both(bare.hub),
      words: both(times.words),
      beginnings: both(times.beginnings),
      error: both(times.error),
      withoutHttp: both(bare.index),
      fullText: both(bare.fullText),
      ilike: both(bare.ilike),
      foundShare: round3(right / questions.length),
      firstQuestionSeconds: round3(firstSeconds),
      indexMib: Math.round(titleSearch.standing().bytes / 1_048_576),
      rssMibOfIndex: Math.round((rssAfter - rssBefore) / 1_048_576),
    };
    const two = ({ p50, p99 }: { p50: number; p99: number }) => `${p50} / ${p99} ms`;
    console.log(
      `${titles} titles, p50 / p99: hub over HTTP ${two(figures.hub)} (words ${two(figures.words)}, beginnings ${two(figures.beginnings)}, one error ${two(figures.error)}), its index with the look for news ${two(figures.withoutHttp)}; full text search ${two(figures.fullText)}, ILIKE ${two(figures.ilike)}; the film in mind was found ${Math.round(figures.foundShare * 100)} % of the times; the first question took ${firstSeconds.toFixed(1)} s, index ${figures.indexMib} MiB in blocks, the process grew by ${figures.rssMibOfIndex} MiB`,
    );
    return figures;
  } finally {
    agent.destroy();
    await sql.end();
    await hub.stop();
    await cluster.stop();
    await rm(home, { recursive: true, force: true });
  }
}

/** The same questions to an index in this process, without database and HTTP. */
function indexAlone(films: readonly Film[], titles: number, count: number) {
  const index = new TitleIndex();
  let n = 0;
  for (const { title, year, genres, cast } of manyFilms(films, titles)) {
    index.put({ titleId: idOf(n) as TitleId, names: [title], others: [...cast, ...genres, String(year)] });
    n += 1;
  }
  index.settle();
  const questions = questionsAbout(films, count).map(({ words }) => words.join(' '));
  for (const question of questions.slice(0, 20)) index.find(question, ROWS);
  const times = questions.map((question) => {
    const began = performance.now();
    index.find(question, ROWS);
    return performance.now() - began;
  });
  const { p50, p99 } = both(times);
  console.log(`${titles} titles, the index alone: p50 / p99 ${p50} / ${p99} ms`);
  return { p50, p99 };
}

const idOf = (n: number): string => `01890000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;

const both = (values: readonly number[]) => ({
  p50: round3(quantile(values, 0.5)),
  p99: round3(quantile(values, 0.99)),
});

async function timed<T>(work: () => Promise<T>): Promise<readonly [ms: number, answer: T]> {
  const began = performance.now();
  const answer = await work();
  return [performance.now() - began, answer];
}

/** The film that was meant, or one with all its words as well. */
const holds = (title: string, { film }: Question): boolean => title.startsWith(film.title);

async function signedIn(http: string): Promise<string> {
  const answer = await fetch(`${http}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'admin', password: PASSWORD }),
  });
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}

/** Names of the titles that the hub answers. */
async function found(address: string, cookie: string, agent: Agent): Promise<readonly string[]> {
  const answer = await new Promise<string>((done, failed) => {
    const asking = request(address, { agent, headers: { cookie } }, (response) => {
      if (response.statusCode !== 200) failed(new Error(`the hub answers ${response.statusCode}`));
      text(response).then(done, failed);
    });
    asking.on('error', failed);
    asking.end();
  });
  return (JSON.parse(answer) as { items: { name: { en: string } }[] }).items.map(({ name }) => name.en);
}

/** Titles as the hub keeps them, and the same rows with their words in one text, indexed as PostgreSQL would have it. */
async function fill(sql: postgres.Sql, films: readonly Film[], count: number): Promise<void> {
  let rows: unknown[] = [];
  const write = async (): Promise<void> => {
    await sql`insert into titles (title_id, kind, name, description, year, genres, people, age_rating, territories, release_at, demands_secure_medium,
        demands_binding, withdrawn, subtitles, tariff_id, created_at, updated_at)
      select id, 'film', jsonb_build_object('en', title), '{"en":""}', year, genres, people, 0, '[]', at, false, 'none', false, '[]', ${idOf(0)}, at, at
      from json_to_recordset(${JSON.stringify(rows)}::text::json) as made(id text, title text, year int, genres jsonb, people jsonb, at bigint)`;
    rows = [];
  };
  let n = 0;
  for (const { title, year, genres, cast } of manyFilms(films, count)) {
    const people = cast.map((name) => ({ name, role: 'cast' }));
    rows.push({ id: idOf(n), title, year, genres, people, at: 1_600_000_000_000 + n });
    n += 1;
    if (rows.length === 5000) await write();
  }
  if (rows.length > 0) await write();
  await sql.unsafe(`create table bare as select title_id, name ->> 'en' as title,
      (name ->> 'en') || ' ' || year || ' ' || coalesce((select string_agg(one ->> 'name', ' ') from jsonb_array_elements(people) one), '') as words from titles;
    alter table bare add column lexemes tsvector generated always as (to_tsvector('simple', words)) stored;
    create index on bare using gin (lexemes);
    analyze`);
}

const fullText = (sql: postgres.Sql, words: readonly string[]) =>
  sql`select title_id, title from bare where lexemes @@ to_tsquery('simple', ${words
    .flatMap(plainWords)
    .map((word) => `${word}:*`)
    .join(' & ')}) limit ${ROWS}`;

const ilike = (sql: postgres.Sql, words: readonly string[]) =>
  sql`select title_id, title from bare where ${words.map((word) => sql`words ilike ${`%${word}%`}`).reduce((a, b) => sql`${a} and ${b}`)} limit ${ROWS}`;
