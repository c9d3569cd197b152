import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { PlayerHub } from '#firmware-sim/player/hub-link.ts';
import type { HubDoors } from '#hub/http-host.ts';
import type { HttpAnswer, HttpTransport } from '#shared/edge/http-transport.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import type { Peer } from '#shared/tls/peer.ts';
import type { Chronicle } from './chronicle.ts';
import type { DoorInVersion } from './in-version.ts';
import type { WorldTime } from './time.ts';
import type { Wire } from './wire.ts';

interface Door {
  readonly app: OpenAPIHono;
  readonly process: { awake(): boolean };
  /** Null: the hub of today. */
  readonly version: DoorInVersion | null;
}

/** As production's player waits. */
const PLAYER_WAITS_MS = 10_000;
export const HUB_URL = 'https://hub.simulated';

/** The hub's doors without sockets: a terminal's question is handed over with the certificate it would have shown. */
export class SimulatedDoors {
  readonly #time: WorldTime;
  readonly #wire: Wire;
  readonly #chronicle: Chronicle;
  /** Behind one address: whose turn it is answers, also when it is stopped. */
  readonly #open: Door[] = [];
  /** What customers reach at home. */
  readonly #public: Pick<Door, 'app' | 'process'>[] = [];
  #asked = 0;

  constructor(time: WorldTime, wire: Wire, chronicle: Chronicle) {
    this.#time = time;
    this.#wire = wire;
    this.#chronicle = chronicle;
  }

  /** The doors of one hub process. */
  of(process: Door['process'], version: Door['version']): HubDoors {
    return {
      listenPublic: async (app) => {
        this.#public.push({ app, process });
        return ok({ address: HUB_URL, close: async () => {} });
      },
      listenTerminals: async (app) => {
        this.#open.push({ app, process, version });
        return ok({ address: HUB_URL, close: async () => this.close(process), drop: () => {} });
      },
      peerOf: (c: Context) => (c.env as { readonly peer?: Peer }).peer ?? null,
    };
  }

  /** The hub's process is gone. */
  close(process: Door['process']): void {
    const at = this.#open.findIndex((door) => door.process === process);
    if (at >= 0) this.#open.splice(at, 1);
    const besides = this.#public.findIndex((door) => door.process === process);
    if (besides >= 0) this.#public.splice(besides, 1);
  }

  /** How a player at home asks the hub, over a network that loses questions and answers as the terminals' does. */
  playerHub(name: string): PlayerHub {
    const away = async () => {
      await this.#time.sleep(PLAYER_WAITS_MS);
      return fault('hub_away', 'no answer');
    };
    return {
      report: async (documents) => {
        const fate = this.#wire.question();
        if (fate === 'lost') return away();
        await this.#time.sleep(this.#wire.latency());
        this.#asked += 1;
        const door = this.#public[this.#asked % Math.max(1, this.#public.length)];
        if (door === undefined) return fault('hub_away', 'refused');
        if (!door.process.awake()) return away();
        const body = JSON.stringify(documents);
        const headers = { 'content-type': 'application/json', 'content-length': String(body.length) };
        const request = new Request(`${HUB_URL}/player/v1/report`, { method: 'POST', headers, body });
        const answered = Promise.resolve(door.app.fetch(request));
        const late = this.#time.sleep(PLAYER_WAITS_MS).then(() => null);
        const answer = await Promise.race([answered, late]);
        this.#chronicle.note(name, `player asks ${answer?.status ?? 'no answer'}`);
        if (answer === null) return fault('hub_away', 'no answer in time');
        if (fate === 'answer-lost' || !this.#public.includes(door)) return away();
        const said = (await answer.json()) as { readonly answer?: string };
        await this.#time.sleep(this.#wire.latency());
        return said.answer === undefined
          ? fault('hub_refused', `the hub answered ${answer.status}`)
          : ok(said.answer);
      },
    };
  }

  /** How one terminal asks the hub. */
  transport(peer: () => Peer): HttpTransport {
    return {
      request: async (request) => {
        const { id } = peer();
        const path = request.url.slice(`${HUB_URL}/terminal/v1`.length);
        const away = async (after: number, why: string) => {
          await this.#time.sleep(after);
          return fault('hub_away', why);
        };
        if (!this.#wire.open(id as never)) return away(request.timeout, 'no answer');
        const fate = this.#wire.question();
        if (fate === 'lost') return away(request.timeout, 'no answer');
        await this.#time.sleep(this.#wire.latency());
        this.#asked += 1;
        const door = this.#open[this.#asked % Math.max(1, this.#open.length)];
        if (door === undefined) return away(0, 'refused');
        if (!door.process.awake()) return away(request.timeout, 'no answer');
        const answered = this.#ask(door, request, peer());
        const late = this.#time.sleep(request.timeout).then(() => null);
        const answer = await Promise.race([answered, late]);
        this.#chronicle.note(id, `${request.method} ${path.split('?')[0]} ${answer?.status ?? 'no answer'}`);
        if (answer === null) return fault('hub_away', 'no answer in time');
        if (fate === 'answer-lost' || !this.#open.includes(door))
          return away(request.timeout, 'the answer was lost');
        await this.#time.sleep(this.#wire.latency());
        return answer.body.length > request.maxBytes
          ? fault('answer_too_large', `${answer.body.length} bytes`)
          : ok(answer);
      },
    };
  }

  async #ask(
    { app, version }: Door,
    request: Parameters<HttpTransport['request']>[0],
    peer: Peer,
  ): Promise<HttpAnswer> {
    const { url } = request;
    if (version?.knows(url) === false) return { status: 404, header: () => null, body: NOT_FOUND };
    const body = request.body === undefined ? undefined : (version?.heard(url, request.body) ?? request.body);
    const answer = await app.fetch(
      new Request(url, {
        method: request.method,
        headers: {
          ...request.headers,
          ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
        },
        ...(body === undefined ? {} : { body }),
      }),
      { peer },
    );
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const said = version === null || !isJsonText(answer) ? bytes : version.said(url, bytes);
    return { status: answer.status, header: (name) => answer.headers.get(name), body: said };
  }
}

const NOT_FOUND = new Uint8Array(Buffer.from('404 Not Found'));
const isJsonText = (answer: Response): boolean => /[/+]json/.test(answer.headers.get('content-type') ?? '');
