import type { NounModule } from './noun.ts';

/** A noun of the client, with a line of `rightcall --help`, which loads none of the files. */
export interface Noun {
  readonly about: string;
  readonly verbs: () => Promise<NounModule>;
}

/** Everything `rightcall` knows of the API, by noun. */
export const NOUNS: Readonly<Record<string, Noun>> = {
  explain: {
    about: 'why a number or contact is, was or would be called or not',
    verbs: () => import('./nouns/explain.ts'),
  },
  timeline: { about: 'what happened to a contact, and why', verbs: () => import('./nouns/timeline.ts') },
  campaign: { about: 'campaigns (外呼任务)', verbs: () => import('./nouns/campaign.ts') },
  import: {
    about: 'contact lists and do-not-call lists, from files',
    verbs: () => import('./nouns/import.ts'),
  },
  contact: { about: 'contacts (客户名单项) and their story', verbs: () => import('./nouns/contact.ts') },
  person: { about: 'persons (个人)', verbs: () => import('./nouns/person.ts') },
  consent: {
    about: 'consent (同意) of a person and its withdrawal',
    verbs: () => import('./nouns/consent.ts'),
  },
  suppress: { about: 'do-not-call entries (勿扰名单)', verbs: () => import('./nouns/suppress.ts') },
  attest: {
    about: 'what you attest: registrations, assessments, proofs, emergencies (备案)',
    verbs: () => import('./nouns/attest.ts'),
  },
  script: { about: 'scripts (话术), in versions', verbs: () => import('./nouns/script.ts') },
  callback: { about: 'promised callbacks (预约回拨)', verbs: () => import('./nouns/callback.ts') },
  decision: {
    about: 'decisions of the dial gate, with every rule',
    verbs: () => import('./nouns/decision.ts'),
  },
  attempt: { about: 'attempts (呼叫尝试)', verbs: () => import('./nouns/attempt.ts') },
  duties: {
    about: 'what calls left behind to be done, and by when',
    verbs: () => import('./nouns/duties.ts'),
  },
  call: { about: 'calls (通话)', verbs: () => import('./nouns/call.ts') },
  carrier: { about: 'carriers (线路)', verbs: () => import('./nouns/carrier.ts') },
  team: { about: 'teams (班组) of agents', verbs: () => import('./nouns/team.ts') },
  agent: { about: 'agents (坐席), their seats and what they do', verbs: () => import('./nouns/agent.ts') },
  report: { about: 'figures (KPI) of campaigns', verbs: () => import('./nouns/report.ts') },
  price: { about: 'price lists (价目表)', verbs: () => import('./nouns/price.ts') },
  policy: { about: 'policy packs', verbs: () => import('./nouns/policy.ts') },
  dialling: {
    about: 'the kill switch of the whole tenant',
    verbs: () => import('./nouns/dialling.ts'),
  },
  changes: { about: 'who changed what, when, before and after', verbs: () => import('./nouns/changes.ts') },
  audit: { about: 'check stored evidence (审计)', verbs: () => import('./nouns/audit.ts') },
  endpoint: { about: 'systems of yours that are told of events', verbs: () => import('./nouns/endpoint.ts') },
  key: { about: 'API keys', verbs: () => import('./nouns/key.ts') },
  access: { about: 'who you are, and what each role may do', verbs: () => import('./nouns/access.ts') },
  server: { about: 'is the API there', verbs: () => import('./nouns/server.ts') },
};
