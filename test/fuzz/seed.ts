/** Something of each kind, so that what is generated meets rows and not only an empty database. All numbers fictional. */
export async function seed(url: string, apiKey: string): Promise<void> {
  const send = async (method: string, path: string, body: string, type: string): Promise<{ id: string }> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': type },
      body,
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as { id: string };
  };
  const json = 'application/json';
  const carrier = {
    kind: 'simulator',
    baseUrl: 'http://127.0.0.1:9',
    callsPerSecond: 5,
    maxConcurrentCalls: 10,
    webhookSecret: `whsec_${Buffer.from('a secret of the carrier!').toString('base64')}`,
  };
  await send('PUT', '/v1/carriers/line-1', JSON.stringify(carrier), json);
  const campaign = { name: 'Fuzzed', purpose: 'service', carrier: 'line-1', callerId: '+12025550100' };
  const { id } = await send('POST', '/v1/campaigns', JSON.stringify(campaign), json);
  const rows = Array.from({ length: 50 }, (_, i) => `c-${i},+120255501${String(i).padStart(2, '0')}`);
  await send(
    'POST',
    `/v1/campaigns/${id}/imports?name=fuzz.csv`,
    `external_id,phone\n${rows.join('\n')}\n`,
    'text/csv',
  );
  const entry = { number: '+12025550107', source: 'fuzz' };
  await send('POST', '/v1/suppressions', JSON.stringify(entry), json);
}
