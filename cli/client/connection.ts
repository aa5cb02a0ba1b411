import { join } from 'node:path';
import { RightcallError, invalidInput } from '../../domain/failures.ts';
import { readJsonFile } from '../../runtime/servers/directory.ts';
import { profileOf, readProfiles } from './profiles.ts';

/** Where the API is, and the key it asks for. */
export interface Connection {
  readonly url: string;
  readonly apiKey: string;
}

export interface ConnectionOptions {
  readonly url?: string;
  readonly apiKey?: string;
  readonly profile?: string;
  /** Folder of a local run. */
  readonly data: string;
  /** The folder was named, and is not the default. */
  readonly dataGiven?: boolean;
}

/** One place that says where the API is, or its key, or both. */
export interface Source {
  /** Said in errors. */
  readonly from: string;
  readonly url: string | null;
  readonly apiKey: string | null;
}

/**
 * Options come first (--url and --api-key, then --profile, then --data), then RIGHTCALL_URL and RIGHTCALL_API_KEY, then
 * RIGHTCALL_PROFILE, then the profile in use, then what `rightcall start` left in `.rightcall`.
 * @throws RightcallError `unavailable` where none of them says it
 */
export async function findConnection(
  options: ConnectionOptions,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Connection> {
  const { current, profiles } = await readProfiles(environment);
  const profile = (name: string | undefined, from: string): Source | null =>
    name === undefined ? null : { from, ...profileOf(profiles, name) };
  const local = await localRun(options.data);
  const sources: (Source | null)[] = [
    { from: '--url', url: options.url ?? null, apiKey: options.apiKey ?? null },
    profile(options.profile, '--profile'),
    options.dataGiven === true ? local : null,
    {
      from: 'RIGHTCALL_URL',
      url: nonEmpty(environment['RIGHTCALL_URL']) ?? null,
      apiKey: nonEmpty(environment['RIGHTCALL_API_KEY']) ?? null,
    },
    options.profile === undefined
      ? profile(nonEmpty(environment['RIGHTCALL_PROFILE']), 'RIGHTCALL_PROFILE')
      : null,
    current === null || !Object.hasOwn(profiles, current) ? null : profile(current, `profile ${current}`),
    local,
  ];
  return chooseConnection(
    sources.filter((source) => source !== null),
    join(options.data, 'connection.json'),
  );
}

async function localRun(data: string): Promise<Source | null> {
  const file = join(data, 'connection.json');
  const { url, apiKey } = (await readJsonFile(file)) ?? {};
  if (typeof url !== 'string' || typeof apiKey !== 'string') return null;
  return { from: file, url, apiKey };
}

/**
 * The first address and the first key. A key that stands below the address goes only to where it was kept for: the key
 * of one server is never sent to another because its own was forgotten.
 * @param sources first come first
 * @param localFile what is missing where there is nothing at all
 */
export function chooseConnection(sources: readonly Source[], localFile: string): Connection {
  const at = sources.findIndex((source) => source.url !== null);
  if (at < 0) {
    throw new RightcallError(
      'unavailable',
      `no API to talk to: ${localFile} is not there; run \`npm start\`, or give --url and --api-key ` +
        '(RIGHTCALL_URL and RIGHTCALL_API_KEY), or rightcall profile add',
    );
  }
  const url = checked(sources[at]!.url!);
  const key = sources.find(
    (source, i) =>
      source.apiKey !== null && (i <= at || (source.url !== null && sameOrigin(source.url, url))),
  );
  if (key === undefined) {
    throw new RightcallError(
      'unauthorized',
      `no API key for ${url} (from ${sources[at]!.from}): give --api-key, or set RIGHTCALL_API_KEY`,
    );
  }
  return { url, apiKey: key.apiKey! };
}

function sameOrigin(one: string, other: string): boolean {
  return URL.canParse(one) && new URL(one).origin === new URL(other).origin;
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

/** An address without its last slash. @throws RightcallError `invalid_input` */
export function checked(url: string): string {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw invalidInput([
      { field: '--url', fault: 'is not a URL', expected: 'such as http://127.0.0.1:8473' },
    ]);
  }
  return url.replace(/\/+$/, '');
}
