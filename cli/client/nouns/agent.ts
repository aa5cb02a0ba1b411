import type { NounModule } from '../noun.ts';
import { followSeat, watchSeats } from './agent-follow.ts';

const ID = '0195b3a0-0000-7000-8000-000000000001';

export const verbs: NounModule['verbs'] = [
  {
    verb: 'create',
    operation: 'createAgent',
    examples: [
      'agent create --name Anna --account key:anna --team renewals --zone Asia/Shanghai --set skills.loans=5',
    ],
  },
  {
    verb: 'list',
    operation: 'listAgents',
    columns: [
      ['ID', 'id'],
      ['NAME', 'name'],
      ['ACCOUNT', 'account'],
      ['TEAM', 'teamId'],
      ['ENABLED', 'enabled'],
    ],
    examples: ['agent list --enabled', 'agent list --team renewals --all'],
  },
  { verb: 'show', operation: 'getAgent', examples: [`agent show ${ID}`] },
  {
    verb: 'change',
    operation: 'changeAgent',
    examples: [`agent change ${ID} --no-enabled`, `agent change ${ID} --set skills.loans=7`],
  },
  {
    verb: 'set-state',
    operation: 'setAgentState',
    arguments: ['state'],
    examples: [`agent set-state ${ID} break --reason coaching`, `agent set-state ${ID} offline --force`],
  },
  { verb: 'me', operation: 'getMyAgent', examples: ['agent me'] },
  {
    verb: 'state',
    operation: 'setMyState',
    arguments: ['state'],
    about: 'sign in, be ready, take a break, sign out',
    examples: ['agent state ready', 'agent state break --reason lunch'],
  },
  { verb: 'beat', operation: 'beat', examples: ['agent beat'] },
  {
    verb: 'accept',
    operation: 'acceptPreview',
    about: 'call the contact that is shown',
    names: { previewId: 'preview' },
    examples: [`agent accept ${ID}`],
  },
  {
    verb: 'skip',
    operation: 'skipPreview',
    about: 'pass the contact that is shown over, and say why',
    names: { previewId: 'preview' },
    examples: [`agent skip ${ID} --reason wrong_data`],
  },
  {
    verb: 'calls',
    operation: 'listMyCalls',
    columns: [
      ['ATTEMPT', 'attemptId'],
      ['STATE', 'state'],
      ['CONNECTED', 'connectedAt'],
      ['ENDED', 'endedAt'],
      ['UNTIL', 'wrapUpUntil'],
      ['DISPOSITION', 'disposition'],
    ],
    examples: ['agent calls', 'agent calls --state wrap_up'],
  },
  { verb: 'call', operation: 'getMyCall', joined: 'call', examples: [`agent call ${ID}/1`] },
  {
    verb: 'write-down',
    operation: 'writeCallDown',
    about: 'write a call down: what it came to, notes, form, a promised callback',
    joined: 'call',
    examples: [
      `agent write-down ${ID}/1 --disposition converted --notes "from May on" --set form.amount=200`,
      `agent write-down ${ID}/1 --file call.json --draft`,
    ],
  },
  followSeat,
  {
    verb: 'seats',
    operation: 'listSeats',
    columns: [
      ['AGENT', 'agentId'],
      ['NAME', 'name'],
      ['STATE', 'state'],
      ['SINCE', 'since'],
      ['REASON', 'reason'],
      ['CALL', 'attemptId'],
    ],
    examples: ['agent seats', 'agent seats --team renewals --state ready'],
  },
  watchSeats,
  {
    verb: 'assign',
    operation: 'assignCall',
    about: 'give a call that rings, or waits for an agent, to this one',
    joined: 'call',
    names: { agentId: 'to' },
    examples: [`agent assign ${ID}/1 --to ${ID}`],
  },
  {
    verb: 'assign-preview',
    operation: 'assignPreview',
    about: 'show a contact that is shown to one agent to another',
    names: { previewId: 'preview', agentId: 'to' },
    examples: [`agent assign-preview ${ID} --to ${ID}`],
  },
  {
    verb: 'listen',
    operation: 'listenIn',
    joined: 'call',
    examples: [`agent listen ${ID}/1`],
  },
];
