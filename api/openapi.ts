/** Head of the API's description; docs/openapi.json holds the whole as served. */
export const OPENAPI_INFO = {
  openapi: '3.1.0',
  info: {
    title: 'Rightcall',
    version: '0.1.0',
    description:
      'Compliance-first engine for outbound call campaigns (外呼任务). Every refusal is a problem (RFC 9457) with a ' +
      'stable `code`; instants are ISO 8601 in UTC; numbers and names leave masked.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  security: [{ apiKey: [] }],
  tags: [
    {
      name: 'Campaigns',
      description: 'Campaigns (外呼任务): define, change, start, pause, resume, stop, follow.',
    },
    { name: 'Imports', description: 'Contact lists (名单) and do-not-call lists taken in.' },
    { name: 'Contacts', description: 'Contacts (客户名单项) and their story.' },
    { name: 'Persons', description: 'Persons (个人), consent (同意) and its withdrawal.' },
    {
      name: 'Attestations',
      description: 'What the tenant attests: registrations, licences, assessments, proofs (备案).',
    },
    { name: 'Suppressions', description: 'Do-not-call entries (勿扰名单).' },
    { name: 'Callbacks', description: 'Promised callbacks (预约回拨).' },
    { name: 'Scripts', description: 'Versioned dialogues (话术).' },
    { name: 'Decisions', description: 'What was decided before a phone could ring, and why.' },
    { name: 'Calls', description: 'Attempts (呼叫尝试) and the carrier’s legs of them (通话).' },
    {
      name: 'Agents',
      description: 'Teams (班组), agents (坐席), what each does, and the agent’s side of calls.',
    },
    { name: 'Reports', description: 'Figures (KPI).' },
    { name: 'Carriers', description: 'Carriers (线路) and their webhooks.' },
    { name: 'Events', description: 'Outgoing events: endpoints, deliveries, replay.' },
    { name: 'Policies', description: 'The rules in force.' },
    { name: 'Audit', description: 'Who changed what, and whether the evidence holds.' },
    { name: 'Access', description: 'API keys, roles, and who one is.' },
    { name: 'Health', description: 'Is it alive, can it serve.' },
  ],
};
