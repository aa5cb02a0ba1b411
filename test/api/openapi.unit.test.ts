import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { describeApi } from '../../api/describe.ts';
import { PROBLEMS } from '../../api/problems.ts';

const FILE = new URL('../../docs/openapi.json', import.meta.url);
const API_DOC = new URL('../../docs/api.md', import.meta.url);

interface Operation {
  operationId: string;
  summary?: string;
  tags?: string[];
  parameters?: { name: string; in: string; required?: boolean }[];
  responses: Record<string, { description?: string; content?: Record<string, unknown> }>;
}

interface Document {
  openapi: string;
  info: { title: string; version: string };
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown>; securitySchemes: Record<string, unknown> };
}

const served = () => describeApi() as Document;
const operations = () =>
  Object.entries(served().paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

test('docs/openapi.json is what the API serves (UPDATE_OPENAPI=1 writes it)', async () => {
  const text = `${JSON.stringify(served(), null, 2)}\n`;
  if (process.env['UPDATE_OPENAPI'] === '1') await writeFile(FILE, text);
  expect(await readFile(FILE, 'utf8')).toBe(text);
});

test('the description is whole OpenAPI 3.1: every reference leads somewhere, every path parameter is described', () => {
  const document = served();
  expect(document.openapi).toBe('3.1.0');
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1]!);
  expect(references.length).toBeGreaterThan(10);
  for (const reference of references) {
    const place = reference
      .replace(/^#\//, '')
      .split('/')
      .reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], document);
    expect(place, reference).toBeDefined();
  }
  for (const { path, operation } of operations()) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    const described = (operation.parameters ?? []).filter((p) => p.in === 'path');
    expect(described.map((p) => p.name).sort(), path).toEqual(inPath.sort());
    expect(described.every((p) => p.required === true)).toBe(true);
  }
});

test('every operation has one name, a summary, a known tag, and its refusals as problems', () => {
  const all = operations();
  const names = all.map(({ operation }) => operation.operationId);
  expect(new Set(names).size).toBe(names.length);
  const tags = served().tags.map((tag) => tag.name);
  for (const { path, operation } of all) {
    expect(operation.summary, path).toBeTruthy();
    expect(tags).toContain(operation.tags?.[0]);
    for (const [status, response] of Object.entries(operation.responses)) {
      expect(response.description, `${path} ${status}`).toBeTruthy();
      if (Number(status) >= 400)
        expect(Object.keys(response.content ?? {})).toEqual(['application/problem+json']);
    }
  }
});

test('numbers never stand in an address', () => {
  for (const { path, operation } of operations()) {
    const names = (operation.parameters ?? []).map((parameter) => parameter.name);
    expect(names.join(' '), path).not.toMatch(/number|phone|e164/i);
  }
});

test('docs/api.md lists every operation and every problem code with its status', async () => {
  const text = await readFile(API_DOC, 'utf8');
  for (const { path, method } of operations()) {
    expect(text, `${method} ${path}`).toContain(`\`${method.toUpperCase()} ${path}\``);
  }
  for (const [code, { status }] of Object.entries(PROBLEMS)) {
    expect(text).toMatch(new RegExp(`\\| \`${code}\` +\\| ${status} +\\|`));
  }
});
