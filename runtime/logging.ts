import { pino, type Logger } from 'pino';

export type { Logger };

/**
 * Structured logs on standard error: standard output belongs to results. Fields that could name a person are cut
 * out whatever passes them in (I8).
 */
export function createLogger(options: { level: string; name: string }): Logger {
  return pino(
    {
      name: options.name,
      level: options.level,
      redact: {
        paths: [
          'to',
          'number',
          'phone',
          'e164',
          'profile',
          '*.to',
          '*.number',
          '*.phone',
          '*.e164',
          '*.profile',
        ],
        censor: '[personal]',
      },
    },
    pino.destination({ fd: 2, sync: true }),
  );
}
