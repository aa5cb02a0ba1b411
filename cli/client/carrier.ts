import type { Command } from 'commander';
import { secretOf } from './input.ts';
import { table } from './text.ts';
import { verb } from './verb.ts';

interface Carrier {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly baseUrl: string;
  readonly callsPerSecond: number;
  readonly maxConcurrentCalls: number;
  readonly webhookPath: string;
  readonly webhookSecret?: string | null;
}

/** `rightcall carrier …` */
export function register(program: Command): void {
  const carrier = program.command('carrier').description('carriers (线路)');

  verb<{ kind: string; baseUrl: string; cps: string; maxConcurrent: string; webhookSecret?: string }>(
    carrier,
    'add <name>',
    'add a carrier, or change the one of this name',
    async (c, [name], options) => {
      const { webhookSecret } = options;
      const stored = await c.api.send<Carrier>('PUT', `/v1/carriers/${encodeURIComponent(name!)}`, {
        json: {
          kind: options.kind,
          baseUrl: options.baseUrl,
          callsPerSecond: Number(options.cps),
          maxConcurrentCalls: Number(options.maxConcurrent),
          ...(webhookSecret === undefined ? {} : { webhookSecret: await secretOf(webhookSecret) }),
        },
      });
      const made = stored.webhookSecret ?? null;
      c.show(
        stored,
        () =>
          `${stored.name} is carrier ${stored.id}; its events are posted to ${stored.webhookPath}` +
          (made === null ? '' : `\nwebhook secret, shown this once: ${made}`),
      );
    },
  )
    .requiredOption('--kind <kind>', 'adapter, such as simulator')
    .requiredOption('--base-url <url>', 'where the carrier is')
    .requiredOption('--cps <n>', 'calls per second that the engine will not exceed')
    .requiredOption('--max-concurrent <n>', 'calls that may be up at once')
    .option(
      '--webhook-secret <secret>',
      'whsec_…; - reads it from standard input (default: made for a new one)',
    );

  verb(carrier, 'list', 'the carriers there are', async (c) => {
    const page = await c.api.send<{ items: Carrier[] }>('GET', '/v1/carriers');
    c.show(page, () =>
      table(
        ['NAME', 'KIND', 'ADDRESS', 'CPS', 'CONCURRENT', 'ID'],
        page.items.map((item) => [
          item.name,
          item.kind,
          item.baseUrl,
          item.callsPerSecond,
          item.maxConcurrentCalls,
          item.id,
        ]),
      ),
    );
  });
}
