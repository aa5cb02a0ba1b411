import { beforeAll, describe, expect, it } from 'vitest';
import { DefaultLogger, makeTelemetryFilterString, Runtime, Worker } from '@temporalio/worker';
import { workflowBundle } from '../../cli/worker/bundle.ts';
import { doctored, fromJson, goldenHistories, likeNumbers, type HistoryJson } from './golden.ts';

const histories = await goldenHistories();
/** What each history failed with; undefined: it replayed. */
let failures: Map<string, Error | undefined>;
let codePath: string;

/** Replay histories against the workflows as they are now. */
async function replay(of: ReadonlyMap<string, HistoryJson>): Promise<Map<string, Error | undefined>> {
  const results = new Map<string, Error | undefined>();
  const inputs = [...of].map(([workflowId, history]) => ({
    workflowId,
    history: fromJson(history),
  }));
  for await (const { workflowId, error } of Worker.runReplayHistories(
    { workflowBundle: { codePath } },
    inputs,
  )) {
    results.set(workflowId, error);
  }
  return results;
}

beforeAll(async () => {
  // A history that is refused, as some here are meant to be, is otherwise told at length.
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
  });
  codePath = await workflowBundle();
  failures = await replay(histories);
});

describe('golden histories', () => {
  it.each([...histories.keys()])('%s replays with the workflows of today', (name) => {
    expect(failures.has(name)).toBe(true);
    expect(failures.get(name)).toBeUndefined();
  });

  it('cover every path of a contact, of a campaign and of deliveries in this version', () => {
    const paths = [...histories.keys()].map((name) => name.replace(/^\d+\.\d+\.\d+-/, ''));
    expect(paths).toEqual(
      expect.arrayContaining([
        'contact-one-attempt',
        'contact-retries-exhausted',
        'contact-denied-at-gate',
        'contact-deferred-at-gate-then-called',
        'contact-withdrawn-while-waiting',
        'contact-stopped-while-waiting',
        'contact-recheck-fired-then-called',
        'contact-continued-as-new-1',
        'contact-continued-as-new-2',
        'campaign-completed',
        'campaign-paused-resumed',
        'campaign-stopped',
        'deliver-retried-then-delivered',
        'deliver-gone',
      ]),
    );
  });

  it.each([...histories.keys()])('I8: %s holds nothing that looks like a telephone number', (name) => {
    expect(likeNumbers(histories.get(name)!)).toEqual([]);
  });
});

describe('the gate itself', () => {
  const historyOf = (path: string) => [...histories].find(([name]) => name.endsWith(path))![1];
  const oneAttempt = historyOf('contact-one-attempt');
  /** The first event of one type as if it were one of another. */
  const instead = (history: HistoryJson, eventType: string, other: object): HistoryJson => {
    const at = history.events.findIndex((event) => event['eventType'] === eventType);
    const { eventId, eventTime, taskId } = history.events[at]!;
    return { events: history.events.with(at, { eventId, eventTime, taskId, ...other }) };
  };
  const timer = {
    eventType: 'EVENT_TYPE_TIMER_STARTED',
    timerStartedEventAttributes: { timerId: '1', startToFireTimeout: { seconds: '60', nanos: 0 } },
  };
  const attributes = {
    eventType: 'EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES',
    upsertWorkflowSearchAttributesEventAttributes: { searchAttributes: { indexedFields: {} } },
  };

  it.each<[string, HistoryJson]>([
    [
      'another activity was called',
      doctored(oneAttempt, (text) => (text === 'placeCall' ? 'ringPerson' : text)),
    ],
    [
      'the activity had another id',
      doctored(oneAttempt, (text) => (text === 'place-call-1' ? 'place-call-7' : text)),
    ],
    ['a timer was started where the end was noted', instead(oneAttempt, attributes.eventType, timer)],
    [
      'no timer stood behind a wait',
      instead(historyOf('contact-withdrawn-while-waiting'), timer.eventType, attributes),
    ],
  ])('refuses a history in which %s', async (name, history) => {
    const failure = (await replay(new Map([[name, history]]))).get(name);
    expect(failure?.message).toMatch(/nondeterminism/i);
  });

  it('sees a number in a payload and in a plain field, and no id or instant', () => {
    const payload = (value: unknown) => ({
      metadata: { encoding: 'anNvbi9wbGFpbg==' },
      data: Buffer.from(JSON.stringify(value)).toString('base64'),
    });
    const event = { eventTime: '2026-11-22T10:00:00.123456789Z', taskId: '1048576123' };
    const clean = { ...event, input: payload({ contactId: crypto.randomUUID(), readyAt: Date.now() }) };
    expect(likeNumbers({ events: [clean] })).toEqual([]);
    for (const dirty of [
      { ...event, input: payload({ to: '+12025550100' }) },
      { ...event, input: payload({ note: ['call (202) 555-0100 x'] }) },
      { ...event, input: payload(12025550100) },
      { ...event, reason: 'no answer from +8619900000101' },
    ]) {
      expect(likeNumbers({ events: [dirty] })).toHaveLength(1);
    }
  });
});
