import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { invalidInput, notFound } from '../../domain/failures.ts';
import { folderError, readJsonFile, writeJsonFile } from '../../runtime/servers/directory.ts';

/** Servers that a person works with, by a name of their choosing. The file holds keys and has mode 0600. */
export interface Profile {
  readonly url: string;
  readonly apiKey: string | null;
}

export interface Profiles {
  /** The one that is used where nothing else is said. */
  readonly current: string | null;
  readonly profiles: Readonly<Record<string, Profile>>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** $XDG_CONFIG_HOME/rightcall/config.json, else under ~/.config (XDG Base Directory Specification 0.8). */
export function profilesFile(environment: Environment): string {
  const given = environment['XDG_CONFIG_HOME'];
  // The specification has relative paths ignored.
  const base =
    given !== undefined && isAbsolute(given) ? given : join(environment['HOME'] ?? homedir(), '.config');
  return join(base, 'rightcall', 'config.json');
}

export async function readProfiles(environment: Environment): Promise<Profiles> {
  const found = await readJsonFile(profilesFile(environment));
  const { current, profiles } = (found ?? {}) as { current?: unknown; profiles?: unknown };
  const entries = Object.entries((profiles ?? {}) as Record<string, Partial<Profile> | null>).flatMap(
    ([name, one]) =>
      typeof one?.url === 'string'
        ? [[name, { url: one.url, apiKey: typeof one.apiKey === 'string' ? one.apiKey : null }] as const]
        : [],
  );
  return { current: typeof current === 'string' ? current : null, profiles: Object.fromEntries(entries) };
}

async function writeProfiles(environment: Environment, profiles: Profiles): Promise<void> {
  const file = profilesFile(environment);
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw folderError(dirname(file), error);
  }
  await writeJsonFile(file, profiles);
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** Add a profile, or replace the one of this name. The first becomes the one in use. */
export async function addProfile(environment: Environment, name: string, profile: Profile): Promise<void> {
  if (!NAME.test(name)) {
    throw invalidInput([
      { field: '<name>', fault: 'is not a name', expected: 'letters, digits, dot, dash and underscore' },
    ]);
  }
  const { current, profiles } = await readProfiles(environment);
  await writeProfiles(environment, { current: current ?? name, profiles: { ...profiles, [name]: profile } });
}

/** @throws RightcallError `not_found` */
export async function useProfile(environment: Environment, name: string): Promise<void> {
  const { profiles } = await readProfiles(environment);
  profileOf(profiles, name);
  await writeProfiles(environment, { current: name, profiles });
}

/** @throws RightcallError `not_found` */
export async function removeProfile(environment: Environment, name: string): Promise<void> {
  const { current, profiles } = await readProfiles(environment);
  profileOf(profiles, name);
  const left = Object.fromEntries(Object.entries(profiles).filter(([one]) => one !== name));
  await writeProfiles(environment, { current: current === name ? null : current, profiles: left });
}

/** @throws RightcallError `not_found` */
export function profileOf(profiles: Profiles['profiles'], name: string): Profile {
  if (Object.hasOwn(profiles, name)) return profiles[name]!;
  throw notFound(`a profile named ${name} (rightcall profile list)`);
}
