import type { Command } from 'commander';
import { campaignIdOf } from './campaign-id.ts';
import { stopLine } from './campaign.ts';
import { secretOf } from './input.ts';
import { table } from './text.ts';
import { verb } from './verb.ts';

interface Suppression {
  readonly id: string;
  readonly number: string | null;
  readonly list: string;
  readonly scope: string;
  readonly source: string;
  readonly validFrom: string;
  readonly validUntil: string | null;
}

interface AddOptions {
  readonly scope: string;
  readonly campaign?: string;
  readonly purpose?: string;
  readonly list?: string;
  readonly source: string;
  readonly validUntil?: string;
  readonly notByPerson?: boolean;
}

/** `rightcall suppress …` */
export function register(program: Command): void {
  const suppress = program.command('suppress').description('do-not-call entries (勿扰名单)');

  verb<AddOptions>(
    suppress,
    'add <number>',
    'never call this number; returns when nothing is sent to it any more; - reads it from standard input',
    async (c, [number], options) => {
      const answer = await c.api.send<{
        suppression: Suppression;
        endedContacts: number;
        stop: { revoked: number; inFlight: number; acknowledgedAfterMs: number };
      }>('POST', '/v1/suppressions', {
        json: {
          number: await secretOf(number!),
          scope: options.scope,
          campaignId: options.campaign === undefined ? null : await campaignIdOf(c.api, options.campaign),
          purpose: options.purpose ?? null,
          list: options.list,
          source: options.source,
          validUntil: options.validUntil ?? null,
          requestedByPerson: options.notByPerson !== true,
        },
      });
      c.show(
        answer,
        () => `on list ${answer.suppression.list} as ${answer.suppression.id}; ${stopLine(answer.stop)}`,
      );
    },
  )
    .option('--scope <scope>', 'tenant, national, campaign or purpose', 'tenant')
    .option('--campaign <campaign>', 'for scope campaign: its id or name')
    .option('--purpose <purpose>', 'for scope purpose')
    .option('--list <name>', 'name of the list (default: internal)')
    .option('--source <text>', 'where it comes from', 'command-line')
    .option('--valid-until <instant>', 'ISO 8601 with an offset (default: for good)')
    .option('--not-by-person', 'the person did not ask for it themself');

  verb<{ list?: string; number?: string; limit: string }>(
    suppress,
    'list',
    'entries, newest first; or those that name one number',
    async (c, _args, options) => {
      const page =
        options.number === undefined
          ? await c.api.send<{ items: Suppression[] }>('GET', '/v1/suppressions', {
              query: { list: options.list, limit: options.limit },
            })
          : await c.api.send<{ items: Suppression[] }>('POST', '/v1/suppressions/search', {
              json: { number: await secretOf(options.number) },
            });
      c.show(page, () =>
        table(
          ['ID', 'NUMBER', 'LIST', 'SCOPE', 'SOURCE', 'FROM', 'UNTIL'],
          page.items.map((s) => [s.id, s.number, s.list, s.scope, s.source, s.validFrom, s.validUntil]),
        ),
      );
    },
  )
    .option('--list <name>', 'of this list alone')
    .option('--number <number>', 'those that name this number; - reads it from standard input')
    .option('--limit <n>', 'rows at most', '50');

  verb(suppress, 'end <entry>', 'let an entry end now; it stays as evidence', async (c, [id]) => {
    const ended = await c.api.send<Suppression>('POST', `/v1/suppressions/${encodeURIComponent(id!)}/end`);
    c.show(ended, () => `${ended.id} ends at ${ended.validUntil}`);
  });
}
