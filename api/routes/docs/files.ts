import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Context } from 'hono';
import type { ApiEnv } from '../../env.ts';
import type { Operation } from '../../operation.ts';

const require = createRequire(import.meta.url);

/** Something of the reference page, as it is served. */
export interface ServedFile {
  readonly type: string;
  /** Called at the first request and not again. */
  load(): Promise<Buffer> | Buffer;
}

/**
 * The page runs only our own scripts and styles and talks only to this API: what is not named here is refused, so that
 * nothing is ever fetched from elsewhere. `data:` pictures are those inside Swagger UI's style sheet.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** A file of the package swagger-ui-dist, wherever npm put it. It is only ever read. */
export function fromSwaggerUi(name: string, type: string): ServedFile {
  return {
    type,
    load: () => {
      const folder = dirname(require.resolve('swagger-ui-dist/package.json'));
      return readFile(join(folder, name));
    },
  };
}

/** Text of our own. */
export function ownText(text: string, type: string): ServedFile {
  return { type: `${type}; charset=utf-8`, load: () => Buffer.from(text) };
}

/**
 * `GET` on one fixed path. There is no path parameter, and so no path that could lead out of the package. It is no
 * operation of the API and is not described by OpenAPI.
 */
export function serve(operationId: string, path: string, file: ServedFile): Operation {
  let loaded: Promise<{ body: Buffer; etag: string }> | null = null;
  const load = async () => {
    const body = await file.load();
    return { body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` };
  };
  const handler = async (c: Context<ApiEnv>) => {
    loaded ??= load();
    loaded.catch(() => (loaded = null));
    const { body, etag } = await loaded;
    c.header('Content-Security-Policy', CONTENT_SECURITY_POLICY);
    c.header('ETag', etag);
    // Kept by the browser and asked for again, so that an upgrade shows at once.
    c.header('Cache-Control', 'no-cache');
    if (c.req.header('if-none-match') === etag) return c.body(null, 304);
    return c.body(new Uint8Array(body), 200, { 'Content-Type': file.type });
  };
  return Object.assign((app: Parameters<Operation>[0]) => void app.get(path, handler), {
    operationId,
    method: 'get',
    path,
    permission: 'open' as const,
  });
}
