import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { AGENT_BEAT_MS } from '../../../domain/agent.ts';
import { itemsOf, type AgentsApi, type ApiAnswer } from './api.ts';
import { DEFAULT_HABITS, drawsOf, type Draws, type Habits } from './habits.ts';
import type { HiredAgent, Team } from './hire.ts';

/** How often a floor looks at its seats, real ms: as a screen that follows them would. */
const LOOK_MS = 250;

/** What an agent did, for whoever holds reports against it. */
export interface Deed {
  readonly agentId: string;
  readonly kind: 'signed in' | 'accepted' | 'skipped' | 'wrote down' | 'took a break' | 'came back';
  readonly attemptId: string | null;
  readonly disposition: string | null;
  /** The machine's clock when it was asked for, and when it was answered. */
  readonly askedReal: number;
  readonly answeredReal: number;
}

export interface Floor {
  readonly team: Team;
  /** An agent's desktop dies, and comes back after so long (real ms). @param which counted from 0, around */
  vanish(which: number, forMs: number): void;
  /** All sign out, once they hold no contact any more. */
  close(): Promise<void>;
}

interface Seat {
  readonly agentId: string;
  readonly state: string;
  readonly reason: string | null;
  readonly previewId: string | null;
  readonly attemptId: string | null;
}

/** What an agent has in mind. */
interface Mind {
  readonly agent: HiredAgent;
  readonly session: string;
  readonly draws: Draws;
  /** What they are at, and when (real) they are done with it. */
  at: string;
  doneReal: number;
  callsToBreak: number;
  goneUntilReal: number;
  beatReal: number;
  isBusy: boolean;
}

/**
 * Agents who behave: they sign in, look at what they are shown, talk as long as the other does, write calls down, and take
 * breaks. They act by the API alone, and what is refused or not answered they try again as people do.
 * @param of.speed of the engine's clock: habits are simulated seconds
 */
export function openFloor(of: {
  readonly api: AgentsApi;
  readonly team: Team;
  readonly speed: number;
  readonly seed: string;
  readonly habits?: Partial<Habits>;
  readonly onDeed?: (deed: Deed) => void;
}): Floor {
  const { api, team, speed } = of;
  const habits = { ...DEFAULT_HABITS, ...of.habits };
  const closing = new AbortController();
  const minds = new Map(
    team.agents.map((agent, n): [string, Mind] => {
      const draws = drawsOf(of.seed, `${team.id} ${n}`);
      const callsToBreak = Math.round(draws.between(habits.callsToBreak));
      const begins = { at: '', doneReal: 0, callsToBreak, goneUntilReal: 0, beatReal: 0, isBusy: false };
      return [agent.id, { agent, session: randomUUID(), draws, ...begins }];
    }),
  );

  const isOk = (answer: ApiAnswer | null): boolean => answer !== null && answer.status < 300;

  /** Ask as the agent; where it was done, it is on record. */
  const act = async (
    mind: Mind,
    deed: Pick<Deed, 'kind'> & Partial<Pick<Deed, 'attemptId' | 'disposition'>>,
    method: string,
    path: string,
    body: unknown,
  ): Promise<boolean> => {
    const askedReal = Date.now();
    const done = isOk(await api.call(mind.agent.key, method, `/v1/agents/me/${path}`, body));
    if (!done) return false;
    const rest = { attemptId: null, disposition: null, ...deed };
    of.onDeed?.({ agentId: mind.agent.id, ...rest, askedReal, answeredReal: Date.now() });
    return true;
  };

  const request = (mind: Mind, kind: Deed['kind'], state: 'ready' | 'break'): Promise<boolean> =>
    act(mind, { kind }, 'POST', 'state', {
      state,
      ...(state === 'break' ? { reason: 'rest' } : {}),
      session: mind.session,
    });

  const writeDown = async (mind: Mind, attemptId: string): Promise<void> => {
    const disposition = mind.draws.disposition(habits.dispositions);
    const path = `calls/${attemptId}/wrap-up`;
    const done = await act(mind, { kind: 'wrote down', attemptId, disposition }, 'PUT', path, {
      disposition,
    });
    if (done) mind.callsToBreak -= 1;
  };

  /** What was left to be written down when its time was over keeps an agent from being ready. */
  const comeBack = async (mind: Mind, kind: Deed['kind']): Promise<void> => {
    if (await request(mind, kind, 'ready')) return;
    const left = await api.call(mind.agent.key, 'GET', '/v1/agents/me/calls?state=wrap_up');
    if (!isOk(left)) return;
    for (const call of left!.body['items'] as { attemptId: string }[]) await writeDown(mind, call.attemptId);
  };

  const answer = async (mind: Mind, previewId: string): Promise<void> => {
    const skips = mind.draws.happens(habits.skips);
    const kind = skips ? 'skipped' : 'accepted';
    const body = skips ? { reason: 'not_now' } : {};
    await act(mind, { kind }, 'POST', `previews/${previewId}/${skips ? 'skip' : 'accept'}`, body);
  };

  const lengthS = (mind: Mind, seat: Seat): number => {
    if (seat.state === 'wrap_up') return mind.draws.between(habits.writeS);
    if (seat.state === 'break') return mind.draws.between(habits.breakS);
    return seat.previewId === null ? 0 : mind.draws.between(habits.lookS);
  };

  const attend = async (mind: Mind, seat: Seat): Promise<void> => {
    const now = Date.now();
    const at = `${seat.state} ${seat.previewId ?? seat.attemptId ?? ''}`;
    if (mind.at !== at) {
      mind.at = at;
      mind.doneReal = now + (lengthS(mind, seat) / speed) * 1_000;
    }
    if (now < mind.doneReal) return;
    switch (seat.state) {
      case 'offline':
        if (!closing.signal.aborted) await comeBack(mind, 'signed in');
        return;
      case 'break':
        return comeBack(mind, 'came back');
      case 'ready':
        if (mind.callsToBreak > 0) return;
        if (await request(mind, 'took a break', 'break'))
          mind.callsToBreak = Math.round(mind.draws.between(habits.callsToBreak));
        return;
      case 'reserved':
        if (seat.previewId !== null) await answer(mind, seat.previewId);
        return;
      case 'wrap_up':
        if (seat.attemptId !== null) await writeDown(mind, seat.attemptId);
        return;
    }
  };

  const beat = async (mind: Mind): Promise<void> => {
    if (Date.now() - mind.beatReal < AGENT_BEAT_MS) return;
    mind.beatReal = Date.now();
    const { key } = mind.agent;
    const heard = await api.call(key, 'POST', '/v1/agents/me/beat', { session: mind.session });
    if (!isOk(heard)) mind.beatReal = 0;
  };

  /** One at a time for each agent; one who waits for an answer keeps no other waiting. */
  const attendAll = (seats: readonly Seat[]): void => {
    for (const seat of seats) {
      const mind = minds.get(seat.agentId);
      if (mind === undefined || mind.isBusy || Date.now() < mind.goneUntilReal) continue;
      mind.isBusy = true;
      void beat(mind)
        .then(() => attend(mind, seat))
        .catch(() => undefined)
        .finally(() => (mind.isBusy = false));
    }
  };

  const seatsNow = async (): Promise<Seat[]> =>
    (await itemsOf(api, `/v1/agents/seats?teamId=${team.id}`)) as unknown as Seat[];

  const running = (async () => {
    while (!closing.signal.aborted) {
      attendAll(await seatsNow().catch(() => []));
      await delay(LOOK_MS, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  })();

  return {
    team,
    vanish: (which, forMs) => {
      const mind = [...minds.values()][which % minds.size]!;
      mind.goneUntilReal = Date.now() + forMs;
    },
    close: async () => {
      closing.abort();
      await running;
      for (const { agent } of minds.values())
        await api.call(agent.key, 'POST', '/v1/agents/me/state', { state: 'offline' });
    },
  };
}
