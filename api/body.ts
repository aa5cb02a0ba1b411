import { createMiddleware } from 'hono/factory';
import { HTTPException } from 'hono/http-exception';
import type { RouteConfig } from '@hono/zod-openapi';
import { invalidInput } from '../domain/failures.ts';
import type { ApiEnv } from './env.ts';

/** Objects and lists within each other; the deepest body of this API has eight. */
export const BODY_DEPTH_MAX = 32;

const JSON_TYPE = /^application\/([\w.-]+\+)?json$/;

/**
 * A body as the operation can read it, before anything looks into it: of a media type that the operation names (else
 * 415), JSON that can be parsed (else 400, field `body`), not nested deeper than 32 levels. An empty body where none is
 * needed is none, whatever its Content-Type.
 */
export function readableBody(route: RouteConfig) {
  const body = route.request?.body;
  const types = Object.keys(body?.content ?? {}).map((type) => type.toLowerCase());
  return createMiddleware<ApiEnv>(async (c, next) => {
    const given = c.req.header('content-type')?.split(';')[0]!.trim().toLowerCase();
    if (body === undefined || types.length === 0) return next();
    if (given === undefined) {
      // Nothing can be said about a body without a type; a body that is needed is missed by the operation's schema.
      if (!hasBody(c.req.raw.headers) || body.required !== true) return next();
      throw unsupported('none is named', types);
    }
    if (!types.some((type) => type === given || type === '*/*')) {
      if (!hasBody(c.req.raw.headers) && body.required !== true) return next();
      throw unsupported(`${given} is not read here`, types);
    }
    if (!JSON_TYPE.test(given)) return next();
    const text = await c.req.text();
    if (text.trim() === '' && body.required !== true) {
      // The validator parses what was read before, and would take nothing at all for malformed.
      Object.assign(c.req.bodyCache, { text: Promise.resolve('{}') });
      return next();
    }
    mustBeShallow(text);
    mustParse(text);
    return next();
  });
}

function hasBody(headers: Headers): boolean {
  return Number(headers.get('content-length') ?? '0') > 0 || headers.has('transfer-encoding');
}

function unsupported(detail: string, types: readonly string[]): HTTPException {
  return new HTTPException(415, { message: `Content-Type: ${detail}; expected ${types.join(' or ')}` });
}

/** Before it is parsed, in one pass over the text: brackets within strings do not count. */
function mustBeShallow(text: string): void {
  if (depthOf(text) <= BODY_DEPTH_MAX) return;
  throw invalidInput([
    { field: 'body', fault: 'is nested too deep', expected: `at most ${BODY_DEPTH_MAX} levels` },
  ]);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Greatest number of objects and lists open at once in a JSON text. */
export function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (inString) {
      if (code === BACKSLASH) i += 1;
      else if (code === QUOTE) inString = false;
    } else if (code === QUOTE) inString = true;
    else if (code === 0x7b || code === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
  return deepest;
}

function mustParse(text: string): void {
  try {
    JSON.parse(text);
  } catch {
    // What the parser says quotes the body, which may be personal.
    throw invalidInput([{ field: 'body', fault: 'is not JSON', expected: 'one JSON value in UTF-8' }]);
  }
}
