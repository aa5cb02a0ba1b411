import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createServerEventParser, type ServerEvent } from '../../cli/client/sse.ts';

const TEXT =
  'retry: 1500\n\nid: 1-a\nevent: snapshot\ndata: {"imported":2}\n\n: still here\n\n' +
  'id: 2-b\r\nevent: tick\r\ndata: {"waiting":1,\r\ndata: "x":"客"}\r\n\r\nid:3-c\nevent:end\ndata:{}\n\n';

const EVENTS: ServerEvent[] = [
  { id: '1-a', event: 'snapshot', data: '{"imported":2}' },
  { id: '2-b', event: 'tick', data: '{"waiting":1,\n"x":"客"}' },
  { id: '3-c', event: 'end', data: '{}' },
];

test('events are the same however the text is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: TEXT.length }), { maxLength: 10 }), (cuts) => {
      const parser = createServerEventParser();
      const ends = [...cuts.toSorted((a, b) => a - b), TEXT.length];
      const events = ends.flatMap((end, i) => parser.push(TEXT.slice(ends[i - 1] ?? 0, end)));
      expect(events).toEqual(EVENTS);
      expect(parser.retryMs).toBe(1500);
    }),
  );
});

test('an event that is not whole is not one', () => {
  expect(createServerEventParser().push('id: 1\ndata: {}\n')).toEqual([]);
});
