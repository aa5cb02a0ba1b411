import { campaignIdOf } from '../ids.ts';
import { createBar, isWatched } from '../progress-bar.ts';
import { doneOf, progressLine, type Progress } from '../render/progress.ts';
import type { Verb, VerbContext } from '../verb.ts';

/** `rightcall campaign follow`: a bar that moves on a terminal, a line for each change elsewhere. */
export const followCampaign: Verb = {
  usage: 'follow <campaign>',
  about: 'follow it live until it is over: a bar on a terminal, else a line for each change',
  more:
    'A lost connection is taken up again where it was. With --json each event is a line: snapshot has everything, ' +
    'tick what changed, end everything once more.',
  covers: ['streamCampaignProgress'],
  writes: false,
  examples: ['campaign follow "March"', 'campaign follow "March" --json'],
  work: async (context, [given]) => {
    // Streams are for this verb alone.
    const { follow } = await import('../follow.ts');
    const id = await campaignIdOf(context.api, given!);
    const screen = await createScreen(context);
    let progress: Partial<Progress> = {};
    try {
      for await (const { event, id: eventId, data } of follow(
        context.api,
        context.shell,
        `/v1/campaigns/${id}/progress/stream`,
      )) {
        const changed = JSON.parse(data) as Partial<Progress>;
        progress = event === 'tick' ? { ...progress, ...changed } : changed;
        if (context.json)
          context.shell.stdout.write(`${JSON.stringify({ event, id: eventId, data: changed })}\n`);
        else screen.show(progress as Progress);
      }
    } finally {
      screen.stop();
    }
    if (!context.json && isWatched(context.shell))
      context.shell.stdout.write(`${progressLine(progress as Progress)}\n`);
  },
};

interface Screen {
  show(progress: Progress): void;
  stop(): void;
}

async function createScreen({ shell, json }: VerbContext): Promise<Screen> {
  if (json || !isWatched(shell)) {
    return {
      show: (progress) => shell.stdout.write(`${progressLine(progress)}\n`),
      stop: () => undefined,
    };
  }
  const bar = await createBar(shell, '{bar} {percentage} % {note}', 1);
  return {
    show: (progress) => {
      bar.total(Math.max(progress.imported, 1));
      bar.at(doneOf(progress), progressLine(progress));
    },
    stop: () => bar.stop(),
  };
}
