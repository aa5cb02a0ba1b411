import type { Command } from 'commander';
import { campaignIdOf } from './campaign-id.ts';
import { patchOf, readDocument } from './input.ts';
import { pairs, table } from './text.ts';
import { collect, verb } from './verb.ts';

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

interface Stopped {
  readonly campaign: Campaign;
  readonly stop: {
    readonly revoked: number;
    readonly inFlight: number;
    readonly acknowledgedAfterMs: number;
  };
}

const line = (campaign: Campaign) =>
  `${campaign.name} (${campaign.id}) is ${campaign.status}, revision ${campaign.revision}`;

/** `rightcall campaign …` */
export function register(program: Command): void {
  const campaign = program.command('campaign').description('campaigns (外呼任务)');
  registerReading(campaign);
  registerChanging(campaign);
  registerRunning(campaign);
}

function registerReading(campaign: Command): void {
  verb<{ status?: string; limit: string }>(
    campaign,
    'list',
    'campaigns, newest first',
    async (c, _args, options) => {
      const page = await c.api.send<{ items: Campaign[] }>('GET', '/v1/campaigns', {
        query: { status: options.status, limit: options.limit },
      });
      c.show(page, () =>
        table(
          ['ID', 'NAME', 'STATUS', 'REVISION', 'STARTED'],
          page.items.map((item) => [item.id, item.name, item.status, item.revision, item.startedAt]),
        ),
      );
    },
  )
    .option('--status <status>', 'draft, running, paused, stopped or completed')
    .option('--limit <n>', 'rows at most', '50');

  verb(campaign, 'show <campaign>', 'one campaign by id or name', async (c, [given]) => {
    const found = await c.api.send<Campaign>('GET', `/v1/campaigns/${await campaignIdOf(c.api, given!)}`);
    c.show(found, () =>
      pairs([
        ['id', found.id],
        ['name', found.name],
        ['status', found.statusReason === null ? found.status : `${found.status} (${found.statusReason})`],
        ['revision', found.revision],
        ['created', found.createdAt],
        ['started', found.startedAt],
        ['ended', found.endedAt],
        ...Object.entries(found.definition).filter(([key]) => key !== 'name'),
      ]),
    );
  });

  verb(campaign, 'progress <campaign>', 'how far it is', async (c, [given]) => {
    const id = await campaignIdOf(c.api, given!);
    const progress = await c.api.send<Record<string, unknown>>('GET', `/v1/campaigns/${id}/progress`);
    c.show(progress, () => pairs(Object.entries(progress)));
  });
}

function registerChanging(campaign: Command): void {
  verb<{ id?: string }>(
    campaign,
    'create <file>',
    'create a draft from a JSON or YAML definition; - reads standard input',
    async (c, [file], options) => {
      const headers = options.id === undefined ? {} : { 'idempotency-key': options.id };
      const made = await c.api.send<Campaign>('POST', '/v1/campaigns', {
        json: await readDocument(file!),
        headers,
      });
      c.show(made, () => line(made));
    },
  ).option('--id <uuid>', 'id it is to have; creating it again then changes nothing');

  verb<{ file?: string; set?: string[]; ifRevision?: string }>(
    campaign,
    'change <campaign>',
    'change the definition, also while it runs; null takes a part back to its default',
    async (c, [given], options) => {
      const path = `/v1/campaigns/${await campaignIdOf(c.api, given!)}`;
      const fromFile = options.file === undefined ? {} : await readDocument(options.file);
      const revision = options.ifRevision ?? (await c.api.send<Campaign>('GET', path)).revision;
      const changed = await c.api.send<Campaign>('PATCH', path, {
        json: patchOf(options.set ?? [], fromFile),
        headers: { 'if-match': `"${revision}"` },
      });
      c.show(changed, () => line(changed));
    },
  )
    .option('--file <file>', 'the parts to change, JSON or YAML')
    .option('--set <path=value>', 'one part, such as retry.maxAttempts=4; may be repeated', collect)
    .option('--if-revision <n>', 'refuse where it is at another revision by now');
}

function registerRunning(campaign: Command): void {
  const what = { start: 'start dialling', resume: 'go on after a pause' } as const;
  for (const name of ['start', 'resume'] as const) {
    verb<{ reason?: string }>(campaign, `${name} <campaign>`, what[name], async (c, [given], { reason }) => {
      const id = await campaignIdOf(c.api, given!);
      const now = await c.api.send<Campaign>('POST', `/v1/campaigns/${id}/${name}`, { json: { reason } });
      c.show(now, () => line(now));
    }).option('--reason <text>', 'why, for whoever reads it later');
  }
  for (const name of ['pause', 'stop'] as const) {
    const until = name === 'pause' ? 'until it is resumed' : 'for good';
    verb<{ reason?: string }>(
      campaign,
      `${name} <campaign>`,
      `${name} ${until}; returns when nothing of it is sent any more`,
      async (c, [given], { reason }) => {
        const id = await campaignIdOf(c.api, given!);
        const { campaign: now, stop } = await c.api.send<Stopped>('POST', `/v1/campaigns/${id}/${name}`, {
          json: { reason },
        });
        c.show({ campaign: now, stop }, () => `${line(now)}\n${stopLine(stop)}`);
      },
    ).option('--reason <text>', 'why, for whoever reads it later');
  }
}

/** What a stop came to, in a line. */
export function stopLine(stop: Stopped['stop']): string {
  return (
    `nothing more is sent: acknowledged after ${stop.acknowledgedAfterMs} ms, ` +
    `${stop.revoked} permits taken back, ${stop.inFlight} calls were under way`
  );
}
