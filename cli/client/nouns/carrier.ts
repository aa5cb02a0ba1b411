import type { NounModule } from '../noun.ts';

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
      ['ID', 'id'],
    ],
    examples: ['carrier list'],
  },
];
