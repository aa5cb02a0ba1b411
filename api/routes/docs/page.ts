/**
 * The reference page: Swagger UI over this API's own /openapi.json. Links are relative, so that it also works behind a
 * proxy that adds a prefix.
 * @param to where the page's files are, seen from its own address
 */
export const pageHtml = (to: string) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Rightcall API</title>
    <link rel="stylesheet" href="${to}swagger-ui.css">
    <link rel="stylesheet" href="${to}page.css">
    <link rel="icon" type="image/png" href="${to}favicon-32x32.png">
  </head>
  <body>
    <noscript>This page needs JavaScript. The same description as data: <a href="${to}../openapi.json">openapi.json</a>.</noscript>
    <div id="reference" data-description="${to}../openapi.json"></div>
    <script src="${to}swagger-ui-bundle.js"></script>
    <script src="${to}page.js"></script>
  </body>
</html>
`;

/**
 * Starts Swagger UI. `deepLinking`: `#/<tag>/<operationId>` opens that operation. `validatorUrl` null: the description
 * is not sent to anybody's validator. Keys typed in are forgotten with the page.
 */
export const PAGE_SCRIPT = `'use strict';
const place = document.getElementById('reference');
window.ui = SwaggerUIBundle({
  domNode: place,
  url: place.dataset.description,
  presets: [SwaggerUIBundle.presets.apis],
  layout: 'BaseLayout',
  deepLinking: true,
  displayOperationId: true,
  displayRequestDuration: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  defaultModelExpandDepth: 3,
  filter: true,
  persistAuthorization: false,
  queryConfigEnabled: false,
  showCommonExtensions: true,
  syntaxHighlight: { activated: false },
  validatorUrl: null,
});
`;

export const PAGE_STYLE = `html { box-sizing: border-box; overflow-y: scroll; }
*, *::before, *::after { box-sizing: inherit; }
body { margin: 0; background: #fafafa; }
noscript { display: block; margin: 2rem; font-family: sans-serif; }
`;
