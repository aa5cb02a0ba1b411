/** The two things this CRM asks of Rightcall's API: to be told of events, and to take in a list. */

/** @throws Error with what the API said */
async function call(path, init) {
  const base = process.env.RIGHTCALL_URL ?? 'http://127.0.0.1:8473';
  const response = await fetch(base + path, {
    ...init,
    headers: { authorization: `Bearer ${process.env.RIGHTCALL_API_KEY}`, ...init.headers },
  });
  const body = await response.json();
  if (!response.ok) throw new Error(`${body.title}: ${body.detail}`);
  return body;
}

/** @returns the endpoint with its secret, which is answered this once */
export function createEndpoint(url) {
  return call('/v1/endpoints', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': `crm-receiver-${url}` },
    body: JSON.stringify({ url, description: 'the CRM of the example' }),
  });
}

/** Take in a list as contacts of a campaign. @returns the import */
export async function importContacts(campaignId, csv) {
  const answer = await call(`/v1/campaigns/${campaignId}/imports?name=crm-customers.csv`, {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: csv,
  });
  return answer.import;
}

/** Rows of an import that were not taken, or not in full. */
export async function importIssues(importId) {
  const items = [];
  for (let after = ''; ;) {
    const page = await call(`/v1/imports/${importId}/issues?limit=500${after}`, {});
    items.push(...page.items);
    if (page.next === null) return items;
    after = `&after=${encodeURIComponent(page.next)}`;
  }
}
