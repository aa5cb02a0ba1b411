import type { Verb, VerbContext } from '../verb.ts';

interface Told {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Each event of a stream, until there are no more. */
async function* eventsOf({ api, shell }: VerbContext, path: string): AsyncGenerator<Told> {
  // Streams are for these verbs alone.
  const { follow } = await import('../follow.ts');
  for await (const { event, data } of follow(api, shell, path)) {
    yield { event, data: JSON.parse(data) as Told['data'] };
    if (event === 'superseded') return;
  }
}

/** `rightcall agent follow`: one's own seat, a line for each event. */
export const followSeat: Verb = {
  usage: 'follow',
  about: 'follow one’s own seat live: a line for each contact offered, call and state',
  more: 'With --json each event is a line with everything it says. It is no beat: `agent beat` is.',
  covers: ['streamMySeat'],
  writes: false,
  examples: ['agent follow', 'agent follow --json'],
  work: async (context) => {
    for await (const told of eventsOf(context, '/v1/agents/me/stream')) {
      context.shell.stdout.write(`${context.json ? JSON.stringify(told) : lineOf(told)}\n`);
    }
  },
};

function lineOf({ event, data }: Told): string {
  const shown = ['state', 'reason', 'status', 'attemptId', 'previewId', 'deadline']
    .filter((name) => data[name] !== undefined && data[name] !== null)
    .map((name) => `${name} ${String(data[name])}`);
  const near = (data['callbacks'] ?? []) as readonly { readonly contactId: string; readonly from: string }[];
  const calls = near.map(({ contactId, from }) => `contact ${contactId} from ${from}`);
  return [event, ...shown, ...calls].join('  ');
}

/** `rightcall agent watch`: how many agents are in each state, a line for each change. */
export const watchSeats: Verb = {
  usage: 'watch',
  about: 'follow what all agents do: a line with how many are in each state for each change',
  more: 'With --json each event is a line with every seat.',
  covers: ['streamSeats'],
  writes: false,
  examples: ['agent watch', 'agent watch --team renewals'],
  options: (command) => {
    command.option('--team <team>', 'those of this team alone, by name or id');
  },
  work: async (context, _args, options) => {
    const { idFor } = await import('../ids.ts');
    const { team } = options as { team?: string };
    const teamId = team === undefined ? null : await idFor(context.api, 'teamId', team, context.shell);
    const query = teamId === null ? '' : `?teamId=${encodeURIComponent(teamId)}`;
    for await (const told of eventsOf(context, `/v1/agents/seats/stream${query}`)) {
      const byState = told.data['byState'] as Readonly<Record<string, number>> | undefined;
      if (context.json) context.shell.stdout.write(`${JSON.stringify(told)}\n`);
      else if (byState !== undefined) context.shell.stdout.write(`${countsOf(byState)}\n`);
    }
  },
};

function countsOf(byState: Readonly<Record<string, number>>): string {
  return Object.entries(byState)
    .map(([state, n]) => `${state} ${n}`)
    .join('  ');
}
