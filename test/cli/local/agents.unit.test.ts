import { describe, expect, it } from 'vitest';
import type { AgentsApi, ApiAnswer } from '../../../cli/local/agents/api.ts';
import { heldCaps } from '../../../cli/local/agents/figures.ts';
import { castOf } from '../../../cli/local/runs.ts';
import { openFloor, type Deed } from '../../../cli/local/agents/floor.ts';
import { DEFAULT_HABITS, drawsOf } from '../../../cli/local/agents/habits.ts';
import { SHOWN, speedWithAgents } from '../../../cli/local/agents/cast.ts';
import { inMode, once, patienceS, TEAM } from '../../../cli/local/agents/modes.ts';
import { campaignDefinitionSchema } from '../../../domain/campaign.ts';
import { NO_SUMS } from '../../../domain/kpi.ts';
import { STANDARD_CHOICES } from '../../../domain/wrap-up.ts';

const definition = campaignDefinitionSchema.parse({
  name: 'Spring plan',
  purpose: 'marketing',
  carrier: 'simulator',
  callerId: '+12025550100',
});

describe('a campaign that is rehearsed with agents', () => {
  it('is the same one but for its mode, its agents and that each contact is called once', () => {
    const { name, mode, agents, retry, callsPerSecond, ...rest } = inMode(definition, 'predictive');
    expect({ name, mode, teams: agents?.teams, tries: retry.maxAttempts }).toEqual({
      name: 'Spring plan (predictive)',
      mode: 'predictive',
      teams: [TEAM],
      tries: 1,
    });
    expect(callsPerSecond).toBe(once(definition).callsPerSecond);
    expect(definition).toMatchObject(rest);
  });

  it('goes on at its own pace when it is started again without one', () => {
    const twenty = { agents: 20, goesOn: false };
    expect([speedWithAgents(twenty, 1_440), speedWithAgents(twenty, 30)]).toEqual([12, 30]);
    expect([speedWithAgents(SHOWN, 1_440), speedWithAgents(SHOWN, 2)]).toEqual([24, 2]);
  });

  it('has people who wait as long as the engine takes, which is no faster on a fast clock', () => {
    const usual = { minS: 3, maxS: 9 };
    expect(patienceS(1, usual)).toEqual(usual);
    expect(patienceS(20, usual)).toEqual({ minS: 50, maxS: 80 });
  });
});

describe('who is in a rehearsal', () => {
  it('is a small team with the bundled sample where nothing was asked for, and nobody with a campaign of one’s own', () => {
    expect(castOf({ agents: null }, { bundled: true })).toEqual(SHOWN);
    expect(castOf({ agents: null }, { bundled: false })).toEqual({ agents: null, goesOn: false });
    expect(castOf({ agents: 0 }, { bundled: true })).toEqual({ agents: null, goesOn: false });
    expect(castOf({ agents: 20 }, { bundled: false })).toEqual({ agents: 20, goesOn: false });
  });
});

describe('caps on abandoned calls', () => {
  const counts = { ...NO_SUMS, attempts: 200, answers: 120, liveAnswers: 100, abandoned: 3 };
  const cap = {
    rule: 'us.abandoned',
    ratePercent: 3,
    denominator: 'live_answers',
    scope: 'campaign',
  } as const;
  const held = (...caps: Parameters<typeof heldCaps>[0]) =>
    heldCaps(caps, counts, { ...counts, liveAnswers: 99 }).map((one) => one.held);

  it('are held up to the share itself, by the formula of each', () => {
    expect(heldCaps([cap], counts, NO_SUMS)).toEqual([
      {
        rule: 'us.abandoned',
        ratePercent: 3,
        of: 'live_answers',
        abandoned: 3,
        denominator: 100,
        held: true,
      },
    ]);
    expect(held({ ...cap, ratePercent: 2.9 })).toEqual([false]);
    expect(held({ ...cap, scope: 'tenant' })).toEqual([false]);
    expect(held({ ...cap, ratePercent: 1.5, denominator: 'calls' })).toEqual([true]);
  });

  it('are not held by one abandoned person of a few', () => {
    expect(heldCaps([cap], { ...NO_SUMS, liveAnswers: 6, abandoned: 1 }, NO_SUMS)[0]!.held).toBe(false);
  });
});

describe('habits of simulated agents', () => {
  it('are the same in every run of a seed, and others for another agent', () => {
    const drawn = (seed: string, agent: string) => {
      const draws = drawsOf(seed, agent);
      return Array.from({ length: 5 }, () => draws.between({ min: 0, max: 1 }));
    };
    expect(drawn('a', '1')).toEqual(drawn('a', '1'));
    expect(drawn('a', '1')).not.toEqual(drawn('a', '2'));
  });

  it('know only what calls may come to, and nothing that asks for more', () => {
    const codes = STANDARD_CHOICES.map(({ code }) => code).filter((code) => code !== 'callback');
    expect(Object.keys(DEFAULT_HABITS.dispositions).sort()).toEqual(codes.sort());
  });
});

/** One agent's seat, moved by what they ask for, as the API would. */
function desk() {
  const seat = {
    agentId: 'anna',
    state: 'offline',
    reason: null,
    previewId: null as string | null,
    attemptId: null as string | null,
  };
  const ok = (body: object = {}): ApiAnswer => ({ status: 200, body: body as ApiAnswer['body'] });
  const asked: string[] = [];
  const api: AgentsApi = {
    call: (as, method, path, body) => {
      if (path.startsWith('/v1/agents/seats'))
        return Promise.resolve(ok({ items: [{ ...seat }], next: null }));
      asked.push(`${as} ${method} ${path}`);
      if (path.endsWith('/state')) seat.state = (body as { state: string }).state;
      if (path.endsWith('/wrap-up') || path.includes('/previews/')) {
        seat.state = 'ready';
        seat.attemptId = seat.previewId = null;
      }
      return Promise.resolve(ok());
    },
  };
  return { seat, api, asked };
}

describe('a simulated agent', () => {
  it('signs in, answers what is shown, writes calls down, takes a break and comes back, and signs out at the end', async () => {
    const { seat, api, asked } = desk();
    const deeds: Deed[] = [];
    const instant = { min: 0, max: 0 };
    const floor = openFloor({
      api,
      team: { id: 'team', agents: [{ id: 'anna', key: 'k' }] },
      speed: 1_000,
      seed: 's',
      habits: {
        lookS: instant,
        writeS: instant,
        breakS: instant,
        callsToBreak: { min: 1, max: 1 },
        skips: 0,
      },
      onDeed: (deed) => void deeds.push(deed),
    });
    const until = async (kind: Deed['kind'], times = 1) => {
      while (deeds.filter((deed) => deed.kind === kind).length < times)
        await new Promise((done) => setImmediate(done));
    };
    await until('signed in');
    Object.assign(seat, { state: 'reserved', previewId: 'p' });
    await until('accepted');
    Object.assign(seat, { state: 'wrap_up', attemptId: 'c/1' });
    await until('took a break');
    await until('came back');
    await floor.close();
    expect(deeds.map(({ kind }) => kind)).toEqual([
      'signed in',
      'accepted',
      'wrote down',
      'took a break',
      'came back',
    ]);
    expect(deeds[2]).toMatchObject({ attemptId: 'c/1', disposition: expect.any(String) as string });
    expect(seat.state).toBe('offline');
    expect(asked).toContain('k POST /v1/agents/me/beat');
  });
});
