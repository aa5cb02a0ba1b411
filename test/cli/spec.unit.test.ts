import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../api/deps.ts';
import { paintFor } from '../../cli/client/colour.ts';
import { createShell } from '../../cli/client/shell.ts';
import { joined, partsOf } from '../../cli/client/spec/bulk.ts';
import type { ApiDocument, ApiOperation, Schema } from '../../cli/client/spec/document.ts';
import { fieldsOf } from '../../cli/client/spec/fields.ts';
import { offerOf } from '../../cli/client/spec/offer.ts';

const document: ApiDocument = {
  paths: {},
  components: { schemas: { Colour: { type: 'string', enum: ['red', 'blue'] } } },
};

function operation(body: Schema, parameters: ApiOperation['parameters'] = []): ApiOperation {
  const requestBody = { content: { 'application/json': { schema: body } } };
  return { operationId: 'paint', method: 'POST', path: '/v1/paint', parameters, requestBody };
}

const fieldsBy = (body: Schema) =>
  new Map(fieldsOf(document, operation(body)).fields.map((field) => [field.name, field]));

test('simple fields are found behind references, unions with null, and lists; the rest is for --set', () => {
  const request = fieldsOf(
    document,
    operation({
      type: 'object',
      properties: {
        colour: { $ref: '#/components/schemas/Colour' },
        maybe: { anyOf: [{ type: 'integer', maximum: 9 }, { type: 'null' }] },
        until: { type: ['string', 'null'], format: 'date-time' },
        many: { type: 'array', items: { $ref: '#/components/schemas/Colour' } },
        window: { type: 'object', properties: { from: { type: 'string' } } },
      },
      required: ['colour'],
    }),
  );
  expect(request.fields).toMatchObject([
    { name: 'colour', kind: 'text', choices: ['red', 'blue'], required: true, many: false },
    { name: 'maybe', kind: 'integer', maximum: 9, required: false },
    { name: 'until', kind: 'text', format: 'date-time' },
    { name: 'many', many: true, choices: ['red', 'blue'] },
  ]);
  expect(request.complex).toEqual(['window']);
});

test('of a union of bodies each field is offered, and needed only where all need it', () => {
  const text = { type: 'string' };
  const fields = fieldsBy({
    anyOf: [
      { type: 'object', properties: { a: text, b: text }, required: ['a', 'b'] },
      { type: 'object', properties: { a: text, c: text }, required: ['a', 'c'] },
    ],
  });
  expect([...fields].map(([name, { required }]) => [name, required])).toEqual([
    ['a', true],
    ['b', false],
    ['c', false],
  ]);
});

test('yes and no of a query are a switch, and of other texts they are not', () => {
  const schema = { type: 'string', enum: ['true', 'false'] };
  const { fields } = fieldsOf(document, operation({}, [{ name: 'live', in: 'query', schema }]));
  expect(fields).toMatchObject([{ name: 'live', kind: 'boolean', choices: null }]);
  expect(fieldsBy({ properties: { live: schema } }).get('live')).toMatchObject({ kind: 'text' });
});

test('a field may not take the name of an option that all verbs have', () => {
  const made = operation({ properties: { url: { type: 'string' } } });
  const spec = { verb: 'paint', operation: 'paint', examples: [] };
  expect(() => offerOf(spec, made, fieldsOf(document, made))).toThrow(/--url is taken/);
  const renamed = { ...spec, names: { url: 'to' } };
  expect(offerOf(renamed, made, fieldsOf(document, made)).options[0]).toMatchObject({ name: 'to' });
});

test('a list of any length is sent in parts, and answered as one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_500 }), (length) => {
      const items = Array.from({ length }, (_, i) => i);
      const parts = partsOf(items);
      expect(parts.flat()).toEqual(items);
      expect(Math.max(...parts.map((part) => part.length))).toBeLessThanOrEqual(1_000);
      expect(joined(parts.map((part) => ({ items: part, done: part.length })))).toEqual({
        items,
        done: length,
      });
    }),
    { numRuns: 30 },
  );
});

test('no part is larger than a body of the API may be, but where one item alone is', () => {
  const item = fc.integer({ min: 1, max: 700_000 }).map((length) => '界'.repeat(Math.ceil(length / 3)));
  fc.assert(
    fc.property(fc.array(item, { maxLength: 12 }), (items) => {
      const parts = partsOf(items);
      expect(parts.flat()).toEqual(items);
      for (const part of parts) {
        expect(Buffer.byteLength(JSON.stringify({ items: part }))).toBeLessThan(DEFAULT_LIMITS.bodyBytes);
      }
    }),
    { numRuns: 30 },
  );
  expect(partsOf(['x'.repeat(2_000_000), 'y']).map((part) => part.length)).toEqual([1, 1]);
});

test('colours are for terminals alone, and not with NO_COLOR', () => {
  const paint = (isTTY: boolean, env: Record<string, string>) =>
    paintFor(createShell({ env, stdout: { isTTY } as NodeJS.WriteStream }))('red', 'no');
  expect(paint(true, {})).toBe('\u001b[31mno\u001b[0m');
  expect(paint(true, { NO_COLOR: '1' })).toBe('no');
  expect(paint(true, { TERM: 'dumb' })).toBe('no');
  expect(paint(false, {})).toBe('no');
});
