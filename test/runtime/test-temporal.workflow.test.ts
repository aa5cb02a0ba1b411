import { expect, inject, test } from 'vitest';
import { connectTestTemporal } from '../support/temporal.ts';

test('workflow tests have a real Temporal server that answers for their namespace', async () => {
  const temporal = await connectTestTemporal();
  try {
    const { namespace } = inject('temporal');
    const answer = await temporal.client.workflowService.describeNamespace({ namespace });
    expect(answer.namespaceInfo?.name).toBe(namespace);
  } finally {
    await temporal.close();
  }
});
