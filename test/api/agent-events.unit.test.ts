import { describe, expect, test } from 'vitest';
import type { AgentView, Work } from '../../api/actions/agent-view.ts';
import { agentEvents } from '../../api/live/agent-events.ts';

const work = (change: Partial<Work> = {}): Work => ({
  kind: 'call',
  previewId: null,
  attemptId: 'c/1',
  status: 'reserved',
  deadline: null,
  campaign: { id: 'k', name: 'K' },
  contact: { id: 'c', externalId: null, attributes: null, profile: null },
  script: null,
  dispositions: [],
  form: [],
  written: null,
  history: [],
  ...change,
});
const offer = work({ kind: 'offer', previewId: 'p', attemptId: null, status: null, deadline: 'soon' });

/** @param state as the seat is shown */
const view = (
  state: string,
  now: Work | null,
  sessionId: string | null = null,
  callbacks: AgentView['callbacks'] = [],
): AgentView => ({
  seat: { state, sessionId } as unknown as AgentView['seat'],
  work: now,
  callbacks,
});
const told = (before: AgentView | null, now: AgentView, session: string | null = null) =>
  agentEvents(before, now, session, (seat) => ({ state: seat.state })).map(({ event }) => event);

describe('the stream of an agent', () => {
  test('begins with everything there is', () => {
    expect(told(null, view('ready', null))).toEqual(['state']);
    expect(told(null, view('in_call', work({ status: 'connected' })))).toEqual(['state', 'call']);
    expect(told(null, view('wrap_up', work({ kind: 'wrap_up' })))).toEqual(['state', 'wrap_up']);
  });

  test('tells all callbacks that are near as soon as one is, and again when one is not any more', () => {
    const near = { id: 'b', contactId: 'c', campaignId: 'k', from: 'soon', until: 'later', topic: null };
    expect(told(null, view('ready', null, null, [near]))).toEqual(['state', 'callbacks']);
    expect(told(view('ready', null), view('ready', null, null, [near]))).toEqual(['callbacks']);
    expect(told(view('ready', null, null, [near]), view('ready', null, null, [near]))).toEqual([]);
    expect(told(view('ready', null, null, [near]), view('ready', null))).toEqual(['callbacks']);
  });

  test('says nothing where nothing is new', () => {
    expect(told(view('ready', null), view('ready', null))).toEqual([]);
    expect(told(view('in_call', work()), view('in_call', work()))).toEqual([]);
  });

  test('tells a call at each of its steps, and that it is theirs no more', () => {
    const rings = view('reserved', work());
    const joining = view('reserved', work({ status: 'connecting' }));
    const up = view('in_call', work({ status: 'connected' }));
    expect(told(rings, joining)).toEqual(['call']);
    expect(told(joining, up)).toEqual(['state', 'call']);
    expect(told(up, view('wrap_up', work({ kind: 'wrap_up', status: 'wrap_up' })))).toEqual([
      'state',
      'wrap_up',
    ]);
    expect(told(rings, view('ready', null))).toEqual(['ended', 'state']);
  });

  test('takes a contact that was offered and is called now for the same work, and another for another', () => {
    expect(told(view('reserved', offer), view('reserved', work()))).toEqual(['call']);
    const other = work({ attemptId: 'd/1', contact: { ...work().contact, id: 'd' } });
    expect(told(view('in_call', work()), view('in_call', other))).toEqual(['ended', 'call']);
    const again = work({ attemptId: 'c/2' });
    expect(told(view('in_call', work()), view('in_call', again))).toEqual(['ended', 'call']);
  });

  test('is told nothing more than that, once another session speaks for the agent', () => {
    expect(told(view('ready', null, 'one'), view('in_call', work(), 'two'), 'one')).toEqual(['superseded']);
    expect(told(view('ready', null, 'one'), view('ready', null, 'one'), 'one')).toEqual([]);
    // Signed out by somebody else: nobody speaks for them, and this one may sign in again.
    expect(told(view('ready', null, 'one'), view('offline', null, null), 'one')).toEqual(['state']);
  });
});
