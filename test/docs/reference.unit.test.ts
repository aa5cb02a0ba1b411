import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../api/app.ts';
import { DEFAULT_LIMITS, type ApiDeps } from '../../api/deps.ts';

/** The page asks for nothing but files, so the API's other dependencies are not there. */
const app = createApp({
  apiKey: 'a-key-for-tests-only',
  tenantId: '00000000-0000-7000-8000-000000000000',
  limits: DEFAULT_LIMITS,
  logger: pino({ level: 'silent' }),
} as unknown as ApiDeps);
const ORIGIN = 'http://localhost';

/** What a page makes a browser load, as absolute addresses. */
function loadedBy(html: string, address: string): string[] {
  return [...html.matchAll(/<(?:script|link|img|iframe|source)\b[^>]*?\b(?:src|href)="([^"]+)"/g)].map(
    (match) => new URL(match[1]!, address).href,
  );
}

describe.each(['/docs', '/docs/'])('the reference page at %s', (path) => {
  it('answers without a key, and so does every file it names and the description it shows', async () => {
    const page = await app.request(path);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
    const html = await page.text();
    const files = loadedBy(html, ORIGIN + path);
    expect(files.length).toBe(5);
    const description = /data-description="([^"]+)"/.exec(html)![1]!;
    for (const file of [...files, new URL(description, ORIGIN + path).href]) {
      expect(new URL(file).origin).toBe(ORIGIN);
      const answer = await app.request(file);
      expect(answer.status, file).toBe(200);
      const kind = file.endsWith('.js') ? 'javascript' : file.endsWith('.css') ? 'css' : /png|json/;
      expect(answer.headers.get('content-type'), file).toMatch(kind);
      expect((await answer.arrayBuffer()).byteLength, file).toBeGreaterThan(50);
    }
  });

  it('lets the browser load, run and send nothing but what is its own', async () => {
    const page = await app.request(path);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    const html = await page.text();
    expect(html).not.toMatch(/https?:\/\//);
    // Scripts in the page itself, and handlers in attributes, would need 'unsafe-inline'.
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|style=/);
  });
});

describe('the files of the reference page', () => {
  it('name no other host: neither our own script nor what the style sheets load', async () => {
    expect(await (await app.request('/docs/page.js')).text()).not.toMatch(/\/\//);
    for (const file of ['/docs/page.css', '/docs/swagger-ui.css']) {
      const css = await (await app.request(file)).text();
      const loads = [...css.matchAll(/@import[^;]*|url\(\s*["']?([^"')]*)/g)].map((match) => match[0]);
      expect(loads.filter((load) => !/^url\(\s*["']?data:/.test(load))).toEqual([]);
    }
  });

  it('turn off what Swagger UI would send to others or keep: the validator, and keys', async () => {
    const script = await (await app.request('/docs/page.js')).text();
    expect(script).toContain('validatorUrl: null');
    expect(script).toContain('persistAuthorization: false');
    expect(script).toContain('queryConfigEnabled: false');
    expect(script).toContain('deepLinking: true');
  });

  it('are not sent again to who has them', async () => {
    const first = await app.request('/docs/swagger-ui.css');
    const etag = first.headers.get('etag')!;
    const again = await app.request('/docs/swagger-ui.css', { headers: { 'If-None-Match': etag } });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe('');
  });

  it.each([
    '/docs/../package.json',
    '/docs/..%2fpackage.json',
    '/docs/%2e%2e/%2e%2e/package.json',
    '/docs/..%5c..%5cpackage.json',
    '/docs/package.json',
    '/docs/swagger-ui-bundle.js.map',
    '/docs/swagger-ui-bundle.js/../index.js',
    '/docs//etc/passwd',
    '/docs/page.js%00.css',
  ])('lead nowhere else: %s', async (path) => {
    // The address is given as it is: `new URL` would take the dots away before the API sees them.
    const request = new Request(ORIGIN, { headers: {} });
    Object.defineProperty(request, 'url', { value: ORIGIN + path });
    const answer = await app.fetch(request);
    expect([401, 404]).toContain(answer.status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });

  it('are no operations of the API: the description does not list them', async () => {
    const description = (await (await app.request('/openapi.json')).json()) as { paths: object };
    expect(Object.keys(description.paths).filter((path) => path.startsWith('/docs'))).toEqual([]);
  });
});
