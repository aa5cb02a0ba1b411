import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import type { TimedFault } from './kinds.ts';

/** Real ms for which a carrier that does not answer is asked again. */
const PATIENCE_MS = 15_000;

/** The carrier's own faults, several at a time, by its control address. */
export interface CarrierFaults {
  /** @returns the specification that is in force now */
  add(name: string, spec: string): Promise<string>;
  remove(name: string): Promise<void>;
  /** Set anew what is in force: a carrier that was killed has forgotten it. */
  renew(): Promise<void>;
}

export function carrierFaults(url: string): CarrierFaults {
  const inForce = new Map<string, string>();
  const put = async (): Promise<string> => {
    const spec = [...inForce.values()].join(',');
    for (const until = Date.now() + PATIENCE_MS; ; await delay(100)) {
      try {
        return await putOnce(url, spec);
      } catch (error) {
        // It may have been killed just now, and is back in a moment.
        if (Date.now() > until) throw error;
      }
    }
  };
  return {
    add: (name, spec) => {
      inForce.set(name, spec);
      return put();
    },
    remove: async (name) => {
      inForce.delete(name);
      await put();
    },
    renew: async () => void (await put()),
  };
}

async function putOnce(url: string, spec: string): Promise<string> {
  const answer = await request(`${url}/v1/faults`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ spec }),
  });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`the simulator refused the faults "${spec}": ${text}`);
  return spec;
}

/** Part of the simulator's specification by which a fault comes; null: it is none of the simulator's. */
export function specOf(fault: TimedFault): string | null {
  switch (fault.kind) {
    case 'carrier-lost-answer':
      return 'lost-answer=0.5';
    case 'carrier-5xx':
      return '5xx=0.4';
    case 'carrier-429':
      return '429=2';
    case 'carrier-slow':
      // Longer than a dial is waited for (1.5 s).
      return 'slow=0.5:2200';
    case 'carrier-down':
      return 'down';
    case 'webhooks-twice':
      return 'dup=0.6';
    case 'webhooks-reordered':
      return 'reorder=0.5:500';
    case 'webhooks-late':
      return 'late=0.5:4000';
    case 'webhooks-missing':
      return 'missing=0.4';
    default:
      return null;
  }
}
