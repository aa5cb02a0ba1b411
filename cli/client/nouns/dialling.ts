import type { NounModule } from '../noun.ts';
import { stopLine, type StopAck } from '../render/stop.ts';
import { sheet } from '../render/sheet.ts';
import type { VerbContext } from '../verb.ts';

const EVERYTHING = {
  flags: '--everything',
  about: 'of every tenant; for those who run the installation',
};

export const verbs: NounModule['verbs'] = [
  {
    verb: 'show',
    operation: 'getDialling',
    about: 'whether all dialling of the tenant, or of the installation, is stopped',
    examples: ['dialling show'],
  },
  {
    verb: 'stop',
    operation: 'stopDialling',
    alsoCovers: ['stopEverything'],
    about: 'kill switch: stop everything of the tenant; returns when nothing is sent any more',
    extra: [EVERYTHING],
    instead: async (context, options) => {
      if (options['everything'] !== true) return false;
      const answer = await ofEverything<{ everything: object; stop: StopAck }>(context, 'stop', options);
      context.show(answer, () => `${sheet(answer.everything)}\n${stopLine(answer.stop)}`);
      return true;
    },
    text: ({ dialling, stop }: { dialling: object; stop: StopAck }) =>
      `${sheet(dialling)}\n${stopLine(stop)}`,
    examples: [
      'dialling stop --reason "wrong list imported"',
      'dialling stop --everything --reason "carrier rings at night"',
    ],
  },
  {
    verb: 'resume',
    operation: 'resumeDialling',
    alsoCovers: ['resumeEverything'],
    about: 'release the kill switch',
    extra: [EVERYTHING],
    instead: async (context, options) => {
      if (options['everything'] !== true) return false;
      const answer = await ofEverything<object>(context, 'resume', options);
      context.show(answer, () => sheet(answer));
      return true;
    },
    examples: ['dialling resume --reason "list corrected"', 'dialling resume --everything'],
  },
];

function ofEverything<T>(
  { api, headers }: VerbContext,
  deed: 'stop' | 'resume',
  options: Readonly<Record<string, unknown>>,
): Promise<T> {
  const { reason } = options;
  return api.send<T>('POST', `/v1/dialling/everything/${deed}`, {
    json: reason === undefined ? {} : { reason },
    headers,
  });
}
