import type { Command } from 'commander';
import { invalidInput } from '../../domain/failures.ts';
import { stopLine } from './campaign.ts';
import type { ApiClient } from './http.ts';
import { secretOf } from './input.ts';
import { collect, verb } from './verb.ts';

interface StatementOptions {
  readonly person?: string;
  readonly number?: string;
  readonly purpose?: string[];
  readonly channel?: string[];
  readonly source: string;
  readonly occurredAt?: string;
  readonly evidenceHash?: string;
}

interface GrantOptions extends StatementOptions {
  readonly level?: string;
  readonly basis?: string;
  readonly expiresAt?: string;
}

/** `rightcall consent …` */
export function register(program: Command): void {
  const consent = program.command('consent').description('consent (同意) of a person and its withdrawal');

  withStatementOptions(
    verb<GrantOptions>(consent, 'grant', 'record a consent', async (c, _args, options) => {
      const person = await personIdOf(c.api, options);
      const answer = await c.api.send<{ eventId: string; reopenedContacts: number }>(
        'POST',
        `/v1/persons/${person}/consents`,
        { json: { ...statementOf(options), ...pick(options, ['level', 'basis', 'expiresAt']) } },
      );
      c.show(answer, () => `recorded as ${answer.eventId}; ${answer.reopenedContacts} contacts wait again`);
    }),
  )
    .option('--level <level>', 'implied, express, written, separate or guardian (default: express)')
    .option('--basis <text>', 'the basis as its source names it (default: explicit)')
    .option('--expires-at <instant>', 'ISO 8601 with an offset');

  withStatementOptions(
    verb<StatementOptions>(
      consent,
      'withdraw',
      'withdraw consent; returns when nothing is sent to the person any more (default: for all purposes)',
      async (c, _args, options) => {
        const person = await personIdOf(c.api, options);
        const answer = await c.api.send<{
          endedContacts: number;
          stop: { revoked: number; inFlight: number; acknowledgedAfterMs: number };
        }>('POST', `/v1/persons/${person}/withdrawals`, { json: statementOf(options) });
        c.show(answer, () => `${answer.endedContacts} contacts ended as withdrawn; ${stopLine(answer.stop)}`);
      },
    ),
  );
}

function withStatementOptions(command: Command): Command {
  return command
    .option('--person <id>', 'the person, by id')
    .option('--number <number>', 'the person, by number; - reads it from standard input')
    .option(
      '--purpose <purpose>',
      'marketing, service, collection, survey or political; may be repeated',
      collect,
    )
    .option('--channel <channel>', 'voice or sms; may be repeated (default: all)', collect)
    .requiredOption('--source <text>', 'where it was said, such as web-form')
    .option('--occurred-at <instant>', 'when it was said, ISO 8601 with an offset (default: now)')
    .option('--evidence-hash <sha256>', 'SHA-256 of the text shown or of the recording');
}

function statementOf(options: StatementOptions): Record<string, unknown> {
  return {
    ...pick(options, ['source', 'occurredAt', 'evidenceHash']),
    ...(options.purpose === undefined ? {} : { purposes: options.purpose }),
    ...(options.channel === undefined ? {} : { channels: options.channel }),
  };
}

function pick<T extends object>(from: T, keys: readonly (keyof T)[]): Partial<T> {
  return Object.fromEntries(
    keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]]),
  ) as Partial<T>;
}

async function personIdOf(api: ApiClient, options: StatementOptions): Promise<string> {
  if (options.person !== undefined) return encodeURIComponent(options.person);
  if (options.number === undefined) {
    throw invalidInput([{ field: 'options', fault: 'name no person', expected: '--person or --number' }]);
  }
  const json = { number: await secretOf(options.number) };
  return (await api.send<{ id: string }>('POST', '/v1/persons/search', { json })).id;
}
