import type { NounModule } from '../noun.ts';
import { dryRunText } from '../render/dry-run.ts';
import { retryForecastText } from '../render/retry-forecast.ts';
import { stopLine, type StopAck } from '../render/stop.ts';
import type { Column } from '../spec/table.ts';
import { followCampaign } from './campaign-follow.ts';
import { whyCampaign } from './campaign-why.ts';
import { pairs } from '../text.ts';

interface Campaign {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly statusReason: string | null;
  readonly revision: number;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly definition: Readonly<Record<string, unknown>>;
}

const line = (campaign: Campaign) =>
  `${campaign.name} (${campaign.id}) is ${campaign.status}, revision ${campaign.revision}`;

const stopped = ({ campaign, stop }: { campaign: Campaign; stop: StopAck }) =>
  `${line(campaign)}\n${stopLine(stop)}`;

function sheet(campaign: Campaign): string {
  const { status, statusReason } = campaign;
  return pairs([
    ['id', campaign.id],
    ['name', campaign.name],
    ['status', statusReason === null ? status : `${status} (${statusReason})`],
    ['revision', campaign.revision],
    ['created', campaign.createdAt],
    ['started', campaign.startedAt],
    ['ended', campaign.endedAt],
    ...Object.entries(campaign.definition).filter(([key]) => key !== 'name'),
  ]);
}

const resultColumns: readonly Column[] = [
  ['EXTERNAL ID', 'externalId'],
  ['STATE', 'state'],
  ['REASON', 'reason'],
  ['ATTEMPTS', 'attempts'],
  ['LAST OUTCOME', 'lastOutcome'],
  ['DISPOSITION', 'disposition'],
  ['LAST AT', 'lastAttemptAt'],
];

export const verbs: NounModule['verbs'] = [
  {
    verb: 'create',
    operation: 'createCampaign',
    about: 'create a draft from a JSON or YAML definition; - reads standard input',
    fileArgument: true,
    text: line,
    examples: [
      'campaign create samples/campaign.yaml',
      'campaign create samples/campaign.yaml --set name="March" --set retry.maxAttempts=4',
    ],
  },
  {
    verb: 'list',
    operation: 'listCampaigns',
    about: 'campaigns, newest first',
    columns: [
      ['ID', 'id'],
      ['NAME', 'name'],
      ['STATUS', 'status'],
      ['REVISION', 'revision'],
      ['STARTED', 'startedAt'],
    ],
    examples: ['campaign list --status running', 'campaign list --all --json'],
  },
  {
    verb: 'show',
    operation: 'getCampaign',
    about: 'one campaign by id or name',
    text: sheet,
    examples: ['campaign show "March"'],
  },
  {
    verb: 'change',
    operation: 'changeCampaign',
    about: 'change the definition, also while it runs; null takes a part back to its default',
    text: line,
    examples: [
      'campaign change "March" --set retry.maxAttempts=4',
      'campaign change "March" --file changes.yaml --if-revision 3',
    ],
  },
  {
    verb: 'clone',
    operation: 'cloneCampaign',
    about: 'make a draft after this campaign, with changes, and with those whom nobody reached',
    text: ({ campaign, contacts }: { campaign: Campaign; contacts: number }) =>
      `${line(campaign)}; ${contacts} contacts were copied`,
    examples: [
      'campaign clone "March" --name "April" --contacts unreached',
      'campaign clone "March" --name "April" --set changes.retry.maxAttempts=2',
    ],
  },
  {
    verb: 'dry-run',
    operation: 'dryRunCampaign',
    about: 'how many would be called now, put off until when, denied and why; calls nobody',
    text: dryRunText,
    examples: ['campaign dry-run "March"', 'campaign dry-run "March" --at 2026-03-02T09:00:00+08:00'],
  },
  {
    verb: 'retry-forecast',
    operation: 'forecastRetries',
    about: 'what retry rules would come to: attempts, answers, conversions, days to finish; calls nobody',
    text: retryForecastText,
    examples: [
      'campaign retry-forecast "March"',
      'campaign retry-forecast "March" --set retry.maxAttempts=5 --contacts 20000',
    ],
  },
  whyCampaign,
  {
    verb: 'rules',
    operation: 'getCampaignRules',
    about: 'how its rules stand: who is left out, quotas, goals, and what each arm of an experiment came to',
    examples: ['campaign rules "March"', 'campaign rules "March" --json'],
  },
  {
    verb: 'try',
    operation: 'tryCampaignRule',
    about: 'try an expression on its contacts before it is used: how many match, and the first of them',
    examples: ['campaign try "March" --expression "contact.balance > 100"'],
  },
  {
    verb: 'results',
    operation: 'listCampaignResults',
    about: 'what became of each contact, for the system it came from; no numbers, no names',
    columns: resultColumns,
    examples: [
      'campaign results "March" --csv --output results.csv',
      'campaign results "March" --state converted --all',
    ],
  },
  {
    verb: 'revisions',
    operation: 'listCampaignRevisions',
    examples: ['campaign revisions "March"'],
  },
  {
    verb: 'start',
    operation: 'startCampaign',
    about: 'start dialling',
    text: line,
    examples: ['campaign start "March" --reason "approved by legal"'],
  },
  {
    verb: 'pause',
    operation: 'pauseCampaign',
    about: 'pause until it is resumed; returns when nothing of it is sent any more',
    text: stopped,
    examples: ['campaign pause "March" --reason "complaints"'],
  },
  {
    verb: 'resume',
    operation: 'resumeCampaign',
    about: 'go on after a pause',
    text: line,
    examples: ['campaign resume "March"'],
  },
  {
    verb: 'stop',
    operation: 'stopCampaign',
    about: 'stop for good; returns when nothing of it is sent any more',
    text: stopped,
    examples: ['campaign stop "March" --reason "ended early"'],
  },
  {
    verb: 'progress',
    operation: 'getCampaignProgress',
    about: 'how far it is',
    examples: ['campaign progress "March"'],
  },
  followCampaign,
];
