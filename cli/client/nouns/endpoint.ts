import type { NounModule } from '../noun.ts';
import { sheet } from '../render/sheet.ts';

const ID = '0195b3a0-0000-7000-8000-000000000001';
/** `--url` is where the API is. */
const names = { url: 'to', events: 'event' };

function withSecret({ endpoint, secret }: { endpoint: object; secret: string }): string {
  return `${sheet(endpoint)}\nsigning secret, shown this once:\n${secret}`;
}

export const verbs: NounModule['verbs'] = [
  {
    verb: 'create',
    operation: 'createEndpoint',
    about: 'have a system of yours told of events',
    names,
    text: withSecret,
    examples: [
      'endpoint create --to https://crm.example/hooks/rightcall',
      'endpoint create --to https://crm.example/hooks --event attempt.ended --event contact.finished',
    ],
  },
  {
    verb: 'list',
    operation: 'listEndpoints',
    columns: [
      ['ID', 'id'],
      ['ADDRESS', 'url'],
      ['EVENTS', 'events'],
      ['ENABLED', 'enabled'],
      ['BECAUSE', 'disabledReason'],
    ],
    examples: ['endpoint list --enabled'],
  },
  { verb: 'show', operation: 'readEndpoint', examples: [`endpoint show ${ID}`] },
  {
    verb: 'change',
    operation: 'changeEndpoint',
    names,
    examples: [`endpoint change ${ID} --to https://crm.example/hooks/2`, `endpoint change ${ID} --enabled`],
  },
  { verb: 'disable', operation: 'disableEndpoint', examples: [`endpoint disable ${ID}`] },
  { verb: 'remove', operation: 'removeEndpoint', examples: [`endpoint remove ${ID}`] },
  {
    verb: 'rotate-secret',
    operation: 'rotateEndpointSecret',
    text: withSecret,
    examples: [`endpoint rotate-secret ${ID} --overlap-hours 24`],
  },
  { verb: 'test', operation: 'testEndpoint', examples: [`endpoint test ${ID}`] },
  {
    verb: 'deliveries',
    operation: 'listDeliveries',
    columns: [
      ['ID', 'id'],
      ['CREATED', 'createdAt'],
      ['TYPE', 'type'],
      ['STATE', 'state'],
      ['ATTEMPTS', 'attempts'],
      ['STATUS', 'lastStatus'],
      ['FAULT', 'lastFault'],
    ],
    examples: [`endpoint deliveries ${ID} --state dead`],
  },
  { verb: 'delivery', operation: 'readDelivery', examples: [`endpoint delivery ${ID} 42`] },
  {
    verb: 'replay',
    operation: 'replayEvents',
    names: { types: 'type', deliveryIds: 'delivery' },
    examples: [
      `endpoint replay ${ID} --from 2026-03-01T00:00:00+08:00 --dead-only`,
      `endpoint replay ${ID} --delivery 42 --delivery 43`,
    ],
  },
];
