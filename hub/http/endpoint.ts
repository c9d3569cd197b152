import { createRoute, type OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { assert } from '#shared/kernel/assert.ts';
import type { Fault, Result } from '#shared/kernel/result.ts';
import { isStorable } from '#shared/kernel/storable.ts';
import { LIMITS } from '#shared/protocol/limits.ts';
import { type ProblemCode, problem } from './problem.ts';

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    details: z.record(z.string(), z.unknown()).optional(),
  })
  .openapi('Problem');
export type Problem = z.infer<typeof problemSchema>;

const nothing = z.object({});
type Shape = z.ZodObject;

export interface EndpointSpec<P extends Shape, Q extends Shape, B extends z.ZodType, A extends z.ZodType> {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  readonly path: string;
  /** One sentence: what it does, with the rule's id. */
  readonly summary: string;
  readonly tag: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** The shape of the answer; absent: 204 without a body. */
  readonly answer?: A;
}

export interface EndpointInput<P extends Shape, Q extends Shape, B extends z.ZodType> {
  readonly params: z.infer<P>;
  readonly query: z.infer<Q>;
  readonly body: z.infer<B>;
  readonly c: Context;
}

/**
 * Registers one route: decoded input, typed answer, faults as problem+json by their code, and its place in the OpenAPI document.
 * The answer is checked against its schema as well: a wrong one is a bug of the hub and ends as `hub_failed`, never half right at a client.
 */
export function endpoint<
  A extends z.ZodType,
  P extends Shape = typeof nothing,
  Q extends Shape = typeof nothing,
  B extends z.ZodType = typeof nothing,
>(
  app: OpenAPIHono,
  spec: EndpointSpec<P, Q, B, A>,
  handle: (input: EndpointInput<P, Q, B>) => Promise<Result<z.input<A> | undefined, Fault<ProblemCode>>>,
): void {
  const route = createRoute(routeConfig(spec));
  app.openAPIRegistry.registerPath(route);
  app.on([spec.method.toUpperCase()], [route.getRoutingPath()], async (c: Context) => {
    const input = await decode(spec, c);
    if (!input.ok) return problem(c, input.error);
    const answer = await handle(input.value);
    if (!answer.ok) return problem(c, answer.error);
    if (spec.answer === undefined) return c.body(null, 204);
    const checked = spec.answer.safeParse(answer.value);
    const issue = checked.success ? undefined : checked.error.issues[0];
    assert(
      checked.success,
      `the answer of ${spec.path} breaks its contract at ${issue?.path.join('.')}: ${issue?.message}`,
    );
    return c.json(checked.data as object);
  });
}

/** Puts a route that is no typed endpoint (a file as body, a stream as answer) into the document, so that nothing the hub answers to is missing there. */
export function describe(
  app: OpenAPIHono,
  spec: {
    readonly method: 'get' | 'post';
    readonly path: string;
    readonly summary: string;
    readonly tag: string;
    readonly params?: Shape;
    readonly query?: Shape;
    /** Media types of the body; absent: none. */
    readonly bodyTypes?: readonly string[];
    readonly answer: { readonly type: string; readonly schema?: z.ZodType };
  },
): void {
  const config = routeConfig({ method: spec.method, path: spec.path, summary: spec.summary, tag: spec.tag });
  const file = { schema: { type: 'string', format: 'binary' } } as const;
  app.openAPIRegistry.registerPath({
    ...config,
    request: {
      ...(spec.params === undefined ? {} : { params: spec.params }),
      ...(spec.query === undefined ? {} : { query: spec.query }),
      ...(spec.bodyTypes === undefined
        ? {}
        : {
            body: { required: true, content: Object.fromEntries(spec.bodyTypes.map((type) => [type, file])) },
          }),
    },
    responses: {
      ...config.responses,
      200: {
        description: 'The answer.',
        content: {
          [spec.answer.type]: spec.answer.schema === undefined ? file : { schema: spec.answer.schema },
        },
      },
    },
  });
}

function routeConfig<P extends Shape, Q extends Shape, B extends z.ZodType, A extends z.ZodType>(
  spec: EndpointSpec<P, Q, B, A>,
): RouteConfig & { method: typeof spec.method; path: string } {
  return {
    method: spec.method,
    path: spec.path,
    summary: spec.summary,
    tags: [spec.tag],
    request: {
      ...(spec.params === undefined ? {} : { params: spec.params }),
      ...(spec.query === undefined ? {} : { query: spec.query }),
      ...(spec.body === undefined
        ? {}
        : { body: { required: true, content: { 'application/json': { schema: spec.body } } } }),
    },
    responses: {
      ...(spec.answer === undefined
        ? { 204: { description: 'Done.' } }
        : { 200: { description: 'The answer.', content: { 'application/json': { schema: spec.answer } } } }),
      default: {
        description: 'A problem; its `code` is stable.',
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    },
  };
}

async function decode<P extends Shape, Q extends Shape, B extends z.ZodType, A extends z.ZodType>(
  spec: EndpointSpec<P, Q, B, A>,
  c: Context,
): Promise<Result<EndpointInput<P, Q, B>, Fault<ProblemCode>>> {
  const params = (spec.params ?? nothing).safeParse(c.req.param());
  if (!params.success) return malformed('path', params.error);
  const query = (spec.query ?? nothing).safeParse(c.req.query());
  if (!query.success) return malformed('query', query.error);
  let sent: unknown = {};
  if (spec.body !== undefined) {
    if (!/^application\/json\b/i.test(c.req.header('content-type') ?? ''))
      return {
        ok: false,
        error: { code: 'media_type_unsupported', message: 'the body must be application/json' },
      };
    try {
      sent = await c.req.json();
    } catch {
      return { ok: false, error: { code: 'request_malformed', message: 'the body is not JSON' } };
    }
  }
  const body = (spec.body ?? nothing).safeParse(sent);
  if (!body.success) return malformed('body', body.error);
  if (!isStorable([params.data, query.data, body.data], LIMITS.depth))
    return {
      ok: false,
      error: { code: 'request_malformed', message: 'a text holds a character that cannot be stored' },
    };
  const value = { params: params.data, query: query.data, body: body.data, c };
  return { ok: true, value: value as EndpointInput<P, Q, B> };
}

function malformed(place: string, error: z.ZodError): Result<never, Fault<ProblemCode>> {
  const issues = error.issues
    .slice(0, 10)
    .map((issue) => ({ path: [place, ...issue.path].join('.'), message: issue.message }));
  const first = issues[0];
  return {
    ok: false,
    error: {
      code: 'request_malformed',
      message: `${first?.path ?? place}: ${first?.message ?? 'not readable'}`,
      details: { issues },
    },
  };
}
