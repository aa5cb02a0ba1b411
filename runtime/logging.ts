import { pino, type DestinationStream, type Logger } from 'pino';

export type { Logger };

/** Fields that hold a number or a name wherever they stand: cut out whatever passes them in. */
const PERSONAL = [
  'to',
  'number',
  'phone',
  'e164',
  'profile',
  'attributes',
  'email',
  'authorization',
  'apiKey',
];

/**
 * Structured logs on standard error: standard output belongs to results. Fields that could name a person are cut
 * out, and faults are told without what their maker put into them of the row at hand (I8).
 * @param destination for tests; standard error otherwise
 */
export function createLogger(
  options: { readonly level: string; readonly name: string },
  destination: DestinationStream = pino.destination({ fd: 2, sync: true }),
): Logger {
  return pino(
    {
      name: options.name,
      level: options.level,
      redact: {
        paths: PERSONAL.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
        censor: '[personal]',
      },
      serializers: {
        err: faultForLog,
        error: (value: unknown) => (typeof value === 'string' ? withoutNumbers(value) : faultForLog(value)),
      },
      hooks: {
        // Messages are constant texts of ours; this is for those that quote what somebody else said.
        logMethod(args, method) {
          const [first, ...rest] = args as unknown[];
          const clean = [first, ...rest].map((part) =>
            typeof part === 'string' ? withoutNumbers(part) : part,
          );
          method.apply(this, clean as Parameters<typeof method>);
        },
      },
    },
    destination,
  );
}

/**
 * Name, code, text and stack of a fault, and of its causes. PostgreSQL's and drizzle's faults carry the row, the
 * statement and its parameters in further fields and in their text: those stay here.
 */
export function faultForLog(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return typeof error === 'string' ? withoutNumbers(error) : '[not an error]';
  const { code } = error as { code?: unknown };
  const message = textOf(error.message);
  return {
    type: error.name,
    message,
    ...(typeof code === 'string' ? { code } : {}),
    stack: framesOf(error),
    ...(error.cause === undefined || depth >= 4 ? {} : { cause: faultForLog(error.cause, depth + 1) }),
  };
}

/** drizzle: `Failed query: …\nparams: …`. */
function textOf(message: string): string {
  return withoutNumbers(message.split(/\n?params: /)[0]!.slice(0, 500));
}

/** The stack without the message that it begins with. */
function framesOf(error: Error): string {
  return (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');
}

/** Whatever looks like a telephone number in E.164. */
function withoutNumbers(text: string): string {
  return text.replaceAll(/\+\d[\d ()-]{5,18}\d/g, '[number]');
}
