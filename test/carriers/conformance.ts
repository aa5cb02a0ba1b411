import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type {
  Carrier,
  CarrierCall,
  CarrierEvent,
  DialRequest,
  WebhookVerifier,
} from '../../carriers/port.ts';
import type { Outcome } from '../../domain/vocabulary.ts';
import type { Delivery } from './webhook-sink.ts';

/** What the far side must be able to show for an adapter to be held to the port. */
export interface CarrierRig {
  readonly carrier: Carrier;
  readonly verifier: WebhookVerifier;
  /** A number with this fate. `talks_long` and `rings_long` last until they are hung up. */
  numberThat(fate: 'answers' | 'is_busy' | 'is_invalid' | 'talks_long' | 'rings_long'): string;
  /** How often the far side itself saw a dial for this attempt, and how many it took. */
  dialsSeen(attemptId: string): Promise<{ readonly requests: number; readonly taken: number }>;
  hangupsSeen(reference: string): Promise<number>;
  readonly deliveries: readonly Delivery[];
  /** Make the far side lose its answers after it took the call, or stop that. */
  loseAnswers(on: boolean): Promise<void>;
  /** Send events twice, late and out of order, or stop that. */
  garbleEvents(on: boolean): Promise<void>;
  /** Sign a body as the far side would have at `at`. */
  signedAt(at: Date, body: string): Delivery;
  close(): Promise<void>;
}

const ANSWER_TIMEOUT_MS = 2_000;
const SOON = { timeout: 10_000, interval: 10 };

/** The promises of carriers/port.ts, held against an adapter and its far side. */
export function describeCarrier(name: string, startRig: () => Promise<CarrierRig>): void {
  describe(`${name} keeps the promises of the Carrier port`, () => {
    let rig: CarrierRig;
    beforeAll(async () => {
      rig = await startRig();
    });
    afterAll(() => rig.close());

    const request = (to: string, context: Record<string, string> = {}): DialRequest => ({
      attemptId: `${randomUUID()}/1`,
      to,
      from: '+12025550199',
      ringTimeoutS: 30,
      context,
    });
    /** An answered call whose person waits for an agent. */
    const answeredForAgent = async (): Promise<{ dial: DialRequest; reference: string }> => {
      const dial = request(rig.numberThat('talks_long'), { mode: 'progressive' });
      const reference = await dialled(dial);
      await vi.waitFor(async () => {
        expect(await rig.carrier.lookup(dial.attemptId)).toMatchObject({ kind: 'live', status: 'answered' });
      }, SOON);
      return { dial, reference };
    };
    const dialled = async (dial: DialRequest): Promise<string> => {
      const result = await rig.carrier.dial(dial, ANSWER_TIMEOUT_MS);
      if (result.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(result)}`);
      return result.reference;
    };
    const eventsOf = (attemptId: string): CarrierEvent[] => {
      const all = rig.deliveries.flatMap(({ headers, body }) => {
        const read = rig.verifier.read(headers, body);
        if (read.kind !== 'events') throw new Error(`refused: ${read.detail}`);
        return read.events;
      });
      const byId = new Map(all.filter((e) => e.attemptId === attemptId).map((e) => [e.eventId, e]));
      return [...byId.values()].sort((a, b) => a.at - b.at);
    };
    const listed = async (since: number): Promise<CarrierCall[]> => {
      const calls: CarrierCall[] = [];
      for await (const call of rig.carrier.listSince(since)) calls.push(call);
      return calls;
    };
    const finalOutcome = async (attemptId: string): Promise<Outcome> =>
      vi.waitFor(async () => {
        const found = await rig.carrier.lookup(attemptId);
        expect(found.kind).toBe('final');
        return (found as Extract<typeof found, { kind: 'final' }>).end.outcome;
      }, SOON);

    test('a dial is one request at the carrier', async () => {
      const dial = request(rig.numberThat('answers'));
      await dialled(dial);
      expect(await rig.dialsSeen(dial.attemptId)).toEqual({ requests: 1, taken: 1 });
    });

    test('an answered call rings, is answered and ends, with the same reference throughout', async () => {
      const dial = request(rig.numberThat('answers'));
      const reference = await dialled(dial);
      const events = await vi.waitFor(() => {
        const found = eventsOf(dial.attemptId).filter((e) => e.type !== 'dtmf');
        expect(found.map((e) => e.type)).toEqual(['ringing', 'answered', 'ended']);
        return found;
      }, SOON);
      expect(new Set(events.map((e) => e.reference))).toEqual(new Set([reference]));
      const end = events[2]!.end!;
      expect(end).toMatchObject({ outcome: 'answered', synthesized: false });
      expect(end.talkS).toBeCloseTo((events[2]!.at - events[1]!.at) / 1000, 3);
      expect(end.ringS).toBeCloseTo((events[1]!.at - events[0]!.at) / 1000, 3);
    });

    test('look-up and event tell the same end', async () => {
      const dial = request(rig.numberThat('answers'));
      await dialled(dial);
      await finalOutcome(dial.attemptId);
      const found = await rig.carrier.lookup(dial.attemptId);
      const ended = await vi.waitFor(() => {
        const event = eventsOf(dial.attemptId).find((e) => e.type === 'ended');
        expect(event).toBeDefined();
        return event!;
      }, SOON);
      expect(found).toEqual({ kind: 'final', reference: ended.reference, end: ended.end });
    });

    test('a busy line ends as busy, an unallocated number as invalid', async () => {
      const busy = request(rig.numberThat('is_busy'));
      await dialled(busy);
      expect(await finalOutcome(busy.attemptId)).toBe('busy');
      const invalid = request(rig.numberThat('is_invalid'));
      const result = await rig.carrier.dial(invalid, ANSWER_TIMEOUT_MS);
      const outcome =
        result.kind === 'rejected' ? result.rejection.outcome : await finalOutcome(invalid.attemptId);
      expect(outcome).toBe('invalid_number');
    });

    test('look-up says not found only of an attempt that never was, and live of one under way', async () => {
      expect(await rig.carrier.lookup(`${randomUUID()}/1`)).toEqual({ kind: 'not_found' });
      const dial = request(rig.numberThat('talks_long'));
      const reference = await dialled(dial);
      expect(await rig.carrier.lookup(dial.attemptId)).toMatchObject({ kind: 'live', reference });
      expect(await rig.carrier.listLive()).toContainEqual({ attemptId: dial.attemptId, reference });
      await rig.carrier.hangup(reference);
    });

    test('lists every call that it took since an instant, with what became of it', async () => {
      if (!rig.carrier.capabilities().listsPast) return;
      const dials = [request(rig.numberThat('answers')), request(rig.numberThat('talks_long'))];
      const references: string[] = [];
      for (const dial of dials) references.push(await dialled(dial));
      await finalOutcome(dials[0]!.attemptId);
      const all = await listed(0);
      const ours = dials.map((dial) => all.filter((call) => call.attemptId === dial.attemptId));
      expect(ours).toMatchObject([
        [{ to: dials[0]!.to, found: { kind: 'final', reference: references[0] } }],
        [{ to: dials[1]!.to, found: { kind: 'live', reference: references[1] } }],
      ]);
      const since = ours[1]![0]!.acceptedAt;
      const later = await listed(since);
      expect(later.map((call) => call.attemptId)).toContain(dials[1]!.attemptId);
      expect(later.every((call) => call.acceptedAt >= since)).toBe(true);
      await rig.carrier.hangup(references[1]!);
    });

    test('a ringing call that is hung up is cancelled and never answered', async () => {
      const dial = { ...request(rig.numberThat('rings_long')), ringTimeoutS: 3_600 };
      const reference = await dialled(dial);
      expect(await rig.carrier.hangup(reference)).toBe(true);
      expect(await finalOutcome(dial.attemptId)).toBe('cancelled');
      expect(await rig.carrier.listLive()).not.toContainEqual({ attemptId: dial.attemptId, reference });
      await vi.waitFor(() => expect(eventsOf(dial.attemptId).at(-1)?.type).toBe('ended'), SOON);
      expect(eventsOf(dial.attemptId).map((e) => e.type)).not.toContain('answered');
    });

    test('hanging up again changes nothing', async () => {
      const dial = request(rig.numberThat('talks_long'));
      const reference = await dialled(dial);
      expect(await rig.carrier.hangup(reference)).toBe(true);
      const first = await rig.carrier.lookup(dial.attemptId);
      expect(await rig.carrier.hangup(reference)).toBe(true);
      expect(await rig.carrier.lookup(dial.attemptId)).toEqual(first);
      expect(await rig.hangupsSeen(reference)).toBe(2);
    });

    test('a call that the carrier does not know cannot be hung up', async () => {
      expect(await rig.carrier.hangup('no-such-call')).toBe(false);
    });

    test('an agent is joined to an answered call, once however often it is asked, and the talk begins', async (context) => {
      context.skip(!rig.carrier.capabilities().bridge, 'the carrier joins nobody');
      const { dial, reference } = await answeredForAgent();
      const agent = { agentId: 'agent-1', attemptId: dial.attemptId };
      expect(await rig.carrier.bridge(reference, agent)).toBe('joined');
      expect(await rig.carrier.bridge(reference, agent)).toBe('joined');
      const joined = await vi.waitFor(() => {
        const found = eventsOf(dial.attemptId).filter((e) => e.type === 'joined');
        expect(found).toHaveLength(1);
        return found;
      }, SOON);
      expect(joined[0]).toMatchObject({ agentId: 'agent-1', reference });
      await rig.carrier.hangup(reference);
      expect(await finalOutcome(dial.attemptId)).toBe('answered');
    });

    test('an agent is not joined to a call that rings: nothing is done, and it can be asked again', async (context) => {
      context.skip(!rig.carrier.capabilities().bridge, 'the carrier joins nobody');
      const dial = { ...request(rig.numberThat('rings_long'), { mode: 'progressive' }), ringTimeoutS: 3_600 };
      const reference = await dialled(dial);
      expect(await rig.carrier.bridge(reference, { agentId: 'agent-1', attemptId: dial.attemptId })).toBe(
        'unknown',
      );
      expect(await rig.carrier.lookup(dial.attemptId)).toMatchObject({ kind: 'live', status: 'ringing' });
      await rig.carrier.hangup(reference);
    });

    test('a call that is over, or that the carrier never had, is gone', async (context) => {
      context.skip(!rig.carrier.capabilities().bridge, 'the carrier joins nobody');
      const { dial, reference } = await answeredForAgent();
      await rig.carrier.hangup(reference);
      const agent = { agentId: 'agent-1', attemptId: dial.attemptId };
      expect(await rig.carrier.bridge(reference, agent)).toBe('gone');
      expect(await rig.carrier.bridge('no-such-call', agent)).toBe('gone');
    });

    test('a call that is told something ends after it, hung up by us; told again, nothing changes', async (context) => {
      context.skip(!rig.carrier.capabilities().play, 'the carrier says nothing');
      const { dial, reference } = await answeredForAgent();
      const announcement = { items: ['caller_name', 'call_back_number'], language: 'en' };
      expect(await rig.carrier.play(reference, announcement)).toBe(true);
      expect(await rig.carrier.play(reference, announcement)).toBe(true);
      expect(await finalOutcome(dial.attemptId)).toBe('answered');
      const found = await rig.carrier.lookup(dial.attemptId);
      expect(found).toMatchObject({ kind: 'final', end: { by: 'us', disposition: null } });
    });

    test('a lost answer is unknown, and look-up then finds the call', async () => {
      await rig.loseAnswers(true);
      try {
        for (let i = 0; i < 6; i += 1) {
          const dial = request(rig.numberThat('talks_long'));
          expect((await rig.carrier.dial(dial, 150)).kind).toBe('unknown');
          const found = await rig.carrier.lookup(dial.attemptId);
          expect(found.kind).toBe('live');
          expect(await rig.dialsSeen(dial.attemptId)).toEqual({ requests: 1, taken: 1 });
          if (found.kind === 'live') await rig.carrier.hangup(found.reference);
        }
      } finally {
        await rig.loseAnswers(false);
      }
    });

    test('twenty requests at once with one attempt id ring once, if the carrier says that it dedupes', async (context) => {
      context.skip(rig.carrier.capabilities().dedupe === 'none', 'the carrier does not dedupe');
      const dial = request(rig.numberThat('talks_long'));
      const results = await Promise.all(Array.from({ length: 20 }, () => dialled(dial)));
      expect(new Set(results).size).toBe(1);
      expect(await rig.dialsSeen(dial.attemptId)).toEqual({ requests: 20, taken: 1 });
      await rig.carrier.hangup(results[0]!);
    });

    test('whatever is delivered twice, late or out of order, each attempt has one final event', async () => {
      await rig.garbleEvents(true);
      try {
        const dials = Array.from({ length: 20 }, () => request(rig.numberThat('answers')));
        await Promise.all(dials.map(dialled));
        await vi.waitFor(() => {
          for (const { attemptId } of dials) {
            expect(eventsOf(attemptId).filter((e) => e.type === 'ended')).toHaveLength(1);
          }
        }, SOON);
      } finally {
        await rig.garbleEvents(false);
      }
    });

    test('a delivery is refused when a byte of it changes, or its signature is of another', async () => {
      await dialled(request(rig.numberThat('answers')));
      const { headers, body } = await vi.waitFor(() => {
        expect(rig.deliveries.length).toBeGreaterThan(0);
        return rig.deliveries[0]!;
      }, SOON);
      expect(rig.verifier.read(headers, body).kind).toBe('events');
      const refused = { kind: 'refused', reason: 'signature' };
      expect(rig.verifier.read(headers, `${body} `)).toMatchObject(refused);
      const other = rig.signedAt(new Date(), '{"events":[]}');
      const swapped = { ...headers, 'webhook-signature': other.headers['webhook-signature']! };
      expect(rig.verifier.read(swapped, body)).toMatchObject(refused);
    });

    test('a delivery signed more than five minutes ago or ahead is refused', () => {
      for (const offMs of [-6 * 60_000, 6 * 60_000]) {
        const { headers, body } = rig.signedAt(new Date(Date.now() + offMs), '{"events":[]}');
        expect(rig.verifier.read(headers, body)).toMatchObject({ kind: 'refused', reason: 'timestamp' });
      }
      const { headers, body } = rig.signedAt(new Date(Date.now() - 4 * 60_000), '{"events":[]}');
      expect(rig.verifier.read(headers, body)).toEqual({ kind: 'events', events: [] });
    });

    test('a signed body that is not of this carrier is refused as unreadable', () => {
      for (const text of ['not json', '{"events":[{"type":"rang"}]}', '[]']) {
        const { headers, body } = rig.signedAt(new Date(), text);
        expect(rig.verifier.read(headers, body)).toMatchObject({ kind: 'refused', reason: 'unreadable' });
      }
    });

    test('a healthy carrier says so', async () => {
      expect((await rig.carrier.health()).ok).toBe(true);
    });
  });
}
