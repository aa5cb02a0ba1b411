import type { Operation } from '../../operation.ts';
import { fromSwaggerUi, ownText, serve } from './files.ts';
import { PAGE_SCRIPT, PAGE_STYLE, pageHtml } from './page.ts';

/** The reference page at /docs and everything it loads: each file has its own line here, and nothing else is served. */
export const docsOperations: readonly Operation[] = [
  serve('getReference', '/docs', ownText(pageHtml('docs/'), 'text/html')),
  serve('getReferenceFolder', '/docs/', ownText(pageHtml('./'), 'text/html')),
  serve('getReferenceStyle', '/docs/page.css', ownText(PAGE_STYLE, 'text/css')),
  serve('getReferenceScript', '/docs/page.js', ownText(PAGE_SCRIPT, 'text/javascript')),
  serve(
    'getSwaggerUiStyle',
    '/docs/swagger-ui.css',
    fromSwaggerUi('swagger-ui.css', 'text/css; charset=utf-8'),
  ),
  serve(
    'getSwaggerUiScript',
    '/docs/swagger-ui-bundle.js',
    fromSwaggerUi('swagger-ui-bundle.js', 'text/javascript; charset=utf-8'),
  ),
  serve('getReferenceIcon', '/docs/favicon-32x32.png', fromSwaggerUi('favicon-32x32.png', 'image/png')),
];
