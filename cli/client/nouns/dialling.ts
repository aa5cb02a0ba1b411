import type { NounModule } from '../noun.ts';
import { stopLine, type StopAck } from '../render/stop.ts';
import { sheet } from '../render/sheet.ts';

export const verbs: NounModule['verbs'] = [
  {
    verb: 'show',
    operation: 'getDialling',
    about: 'whether all dialling of the tenant is stopped',
    examples: ['dialling show'],
  },
  {
    verb: 'stop',
    operation: 'stopDialling',
    about: 'kill switch: stop everything of the tenant; returns when nothing is sent any more',
    text: ({ dialling, stop }: { dialling: object; stop: StopAck }) =>
      `${sheet(dialling)}\n${stopLine(stop)}`,
    examples: ['dialling stop --reason "wrong list imported"'],
  },
  {
    verb: 'resume',
    operation: 'resumeDialling',
    about: 'release the kill switch',
    examples: ['dialling resume --reason "list corrected"'],
  },
];
