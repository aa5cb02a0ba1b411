import type { NounModule } from '../noun.ts';
import { stopLine, type StopAck } from '../render/stop.ts';

interface Carrier {
  readonly id: string;
  readonly name: string;
  readonly webhookPath: string;
  readonly webhookSecret?: string | null;
}

function stored(carrier: Carrier): string {
  const made = carrier.webhookSecret ?? null;
  return (
    `${carrier.name} is carrier ${carrier.id}; its events are posted to ${carrier.webhookPath}` +
    (made === null ? '' : `\nwebhook secret, shown this once: ${made}`)
  );
}

const names = { callsPerSecond: 'cps', maxConcurrentCalls: 'max-concurrent', carrierName: 'name' };
const shown = { carrierName: 'carrier' };

export const verbs: NounModule['verbs'] = [
  {
    verb: 'add',
    operation: 'putCarrier',
    about: 'add a carrier, or change the one of this name',
    names,
    text: stored,
    examples: [
      'carrier add line-1 --kind simulator --base-url http://127.0.0.1:8480 --cps 10 --max-concurrent 20',
    ],
  },
  {
    verb: 'list',
    operation: 'listCarriers',
    about: 'the carriers there are',
    columns: [
      ['NAME', 'name'],
      ['KIND', 'kind'],
      ['ADDRESS', 'baseUrl'],
      ['CPS', 'callsPerSecond'],
      ['CONCURRENT', 'maxConcurrentCalls'],
      ['PAUSED SINCE', 'pausedSince'],
      ['ID', 'id'],
    ],
    examples: ['carrier list'],
  },
  { verb: 'show', operation: 'getCarrier', names: shown, examples: ['carrier show line-1'] },
  {
    verb: 'state',
    operation: 'getCarrierState',
    names: shown,
    about: 'what a carrier does now: paused or in use, calls up, calls per second, errors of late',
    examples: ['carrier state line-1'],
  },
  {
    verb: 'change',
    operation: 'changeCarrier',
    about: 'change its caps: calls per second, calls at once',
    names: { ...names, ...shown },
    examples: ['carrier change line-1 --cps 5 --max-concurrent 10'],
  },
  {
    verb: 'pause',
    operation: 'pauseCarrier',
    names: shown,
    about: 'pause a carrier; returns when nothing is sent through it any more',
    text: ({ carrier, stop }: { carrier: Carrier; stop: StopAck }) =>
      `${carrier.name} is paused\n${stopLine(stop)}`,
    examples: ['carrier pause line-1 --reason "one-way audio"'],
  },
  {
    verb: 'resume',
    operation: 'resumeCarrier',
    names: shown,
    about: 'use it again',
    examples: ['carrier resume line-1'],
  },
];
