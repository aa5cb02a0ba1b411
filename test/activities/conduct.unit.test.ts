import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createConductor } from '../../activities/services/conduct.ts';
import type { Database } from '../../db/client.ts';
import type { WorkflowGateway } from '../../activities/workflow-gateway.ts';

const MINUTE = 60_000;
let rows: { id: string; status: string; version: string }[] = [];
let said: string[] = [];
const db = { single: () => Promise.resolve(rows) } as unknown as Database;
const workflows = {
  ensureCampaign: async () => void said.push('ensure'),
  campaignChanged: async () => void said.push('changed'),
} as unknown as WorkflowGateway;

beforeEach(() => {
  vi.useFakeTimers();
  said = [];
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the conductor', () => {
  it('tells a campaign’s workflow once of each change, and after that only sees to it that it runs', async () => {
    const conductor = createConductor({ db, workflows });
    rows = [{ id: 'a', status: 'running', version: '1' }];
    for (let minute = 0; minute < 3; minute += 1) {
      await conductor.round('t');
      await conductor.round('t');
      vi.advanceTimersByTime(MINUTE);
    }
    expect(said).toEqual(['changed', 'ensure', 'ensure']);
    rows = [{ id: 'a', status: 'running', version: '2' }];
    await conductor.round('t');
    expect(said.at(-1)).toBe('changed');
  });

  it('notices a pause and a resume that both came between two rounds', async () => {
    const conductor = createConductor({ db, workflows });
    rows = [{ id: 'a', status: 'running', version: '1' }];
    await conductor.round('t');
    rows = [{ id: 'a', status: 'running', version: '3' }];
    await conductor.round('t');
    expect(said).toEqual(['changed', 'changed']);
  });

  it('leaves a paused campaign alone once it was told', async () => {
    const conductor = createConductor({ db, workflows });
    rows = [{ id: 'a', status: 'running', version: '1' }];
    await conductor.round('t');
    rows = [{ id: 'a', status: 'paused', version: '2' }];
    for (let minute = 0; minute < 3; minute += 1) {
      await conductor.round('t');
      vi.advanceTimersByTime(MINUTE);
    }
    expect(said).toEqual(['changed', 'changed']);
  });
});
