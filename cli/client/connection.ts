import { join } from 'node:path';
import { z } from 'zod';
import { RightcallError, invalidInput } from '../../domain/failures.ts';
import { readJsonFile } from '../../runtime/servers/directory.ts';

/** Where the API is, and the key it asks for. */
export interface Connection {
  readonly url: string;
  readonly apiKey: string;
}

export interface ConnectionOptions {
  readonly url?: string;
  readonly apiKey?: string;
  /** Folder of a local run. */
  readonly data: string;
}

const fileSchema = z.object({ url: z.string(), apiKey: z.string() });

/**
 * Options come first, then RIGHTCALL_URL and RIGHTCALL_API_KEY, then what `rightcall start` left in its folder.
 * @throws RightcallError `unavailable` where none of them says it
 */
export async function findConnection(
  options: ConnectionOptions,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Connection> {
  const url = options.url ?? nonEmpty(environment['RIGHTCALL_URL']);
  const apiKey = options.apiKey ?? nonEmpty(environment['RIGHTCALL_API_KEY']);
  if (url !== undefined && apiKey !== undefined) return checked({ url, apiKey });
  const file = join(options.data, 'connection.json');
  const left = fileSchema.safeParse(await readJsonFile(file));
  if (!left.success) {
    throw new RightcallError(
      'unavailable',
      `no API to talk to: ${file} is not there; run \`npm start\`, or give --url and --api-key ` +
        '(RIGHTCALL_URL and RIGHTCALL_API_KEY)',
    );
  }
  return checked({ url: url ?? left.data.url, apiKey: apiKey ?? left.data.apiKey });
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

function checked(connection: Connection): Connection {
  if (!/^https?:\/\//.test(connection.url) || !URL.canParse(connection.url)) {
    throw invalidInput([
      { field: '--url', fault: 'is not a URL', expected: 'such as http://127.0.0.1:8473' },
    ]);
  }
  return { ...connection, url: connection.url.replace(/\/+$/, '') };
}
