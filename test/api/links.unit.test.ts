import { expect, test } from 'vitest';
import { workflowLinks } from '../../api/story/links.ts';

test('links name namespace and workflow as one path segment each', () => {
  const links = workflowLinks({ url: 'https://temporal.example', namespace: 'calls/eu' }, 'k', 'c');
  expect(links.contactUrl).toBe('https://temporal.example/namespaces/calls%2Feu/workflows/contact%2Fk%2Fc');
  expect(links.campaignUrl).toBe('https://temporal.example/namespaces/calls%2Feu/workflows/campaign%2Fk');
});

test('without a UI the workflows are named and not linked', () => {
  expect(workflowLinks(null, 'k', 'c')).toEqual({
    contactWorkflowId: 'contact/k/c',
    campaignWorkflowId: 'campaign/k',
    contactUrl: null,
    campaignUrl: null,
  });
});
