import type { Operation } from '../../operation.ts';
import { changeEndpoint } from './change.ts';
import { createEndpoint } from './create.ts';
import { listDeliveries } from './deliveries.ts';
import { disableEndpoint } from './disable.ts';
import { listEndpoints } from './list.ts';
import { readDelivery } from './read-delivery.ts';
import { readEndpoint } from './read.ts';
import { removeEndpoint } from './remove.ts';
import { replay } from './replay.ts';
import { rotateEndpointSecret } from './rotate-secret.ts';
import { testEndpoint } from './test-event.ts';

export const endpointsOperations: readonly Operation[] = [
  createEndpoint,
  listEndpoints,
  readEndpoint,
  changeEndpoint,
  disableEndpoint,
  removeEndpoint,
  rotateEndpointSecret,
  testEndpoint,
  listDeliveries,
  readDelivery,
  replay,
];
