import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { access, constants, mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import type { CampaignDefinition } from '../../domain/campaign.ts';
import { invalidInput, messageOf, type Fault } from '../../domain/failures.ts';
import { errnoOf } from '../../runtime/servers/directory.ts';
import { readCampaignFile } from './campaign-file.ts';
import type { Layout } from './layout.ts';
import { STDIN, type StartOptions } from './options.ts';

/** A file to take in, read once to know what it is: the same content is the same input, whatever its name. */
export interface InputFile {
  readonly path: string;
  /** File name for people. */
  readonly name: string;
  /** SHA-256 (hex) of its bytes. */
  readonly sha256: string;
  /** It came by standard input and is a copy in the data folder, to be removed once it is imported. */
  readonly spooled: boolean;
}

export interface Inputs {
  readonly contacts: InputFile;
  readonly doNotCall: InputFile | null;
  readonly definition: CampaignDefinition;
  /** Null: the sample's. */
  readonly campaignPath: string | null;
  /** True when nothing was named and the bundled sample runs. */
  readonly bundled: boolean;
}

const sample = (name: string) => fileURLToPath(new URL(`../../samples/${name}`, import.meta.url));

const STDIN_NAME = 'standard input';

const READ_FAULTS: Record<string, string> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read by this user',
  EISDIR: 'is a folder',
  ENOTDIR: 'has a file where a folder should be',
};

/**
 * Find and read the files a rehearsal needs, before anything is started.
 * @throws RightcallError `invalid_input` naming every option at fault
 */
export async function checkInputs(options: StartOptions): Promise<void> {
  const faults: Fault[] = [];
  const named: [string, string | null][] = [
    ['--contacts', options.contacts],
    ['--do-not-call', options.doNotCall],
    ['--campaign', options.campaign],
  ];
  const fromStdin = named.filter(([, path]) => path === STDIN).map(([option]) => option);
  if (fromStdin.includes('--campaign')) {
    faults.push({ field: '--campaign', fault: 'is standard input', expected: 'a file' });
  } else if (fromStdin.length > 1) {
    faults.push({
      field: fromStdin.join(' and '),
      fault: 'both name standard input, which can be read once',
      expected: 'a file for one of them',
    });
  }
  for (const [option, path] of named) {
    if (path !== null && path !== STDIN) {
      const fault = await unreadable(path);
      if (fault !== null)
        faults.push({ field: option, fault: `${path} ${fault}`, expected: 'a file that can be read' });
    }
  }
  if (faults.length > 0) throw invalidInput(faults);
}

async function unreadable(path: string): Promise<string | null> {
  try {
    await access(path, constants.R_OK);
    const found = await stat(path);
    if (found.isDirectory()) return READ_FAULTS['EISDIR']!;
    if (found.isFile() && found.size === 0) return 'is empty';
    return null;
  } catch (error) {
    return READ_FAULTS[errnoOf(error) ?? ''] ?? `cannot be read: ${messageOf(error)}`;
  }
}

/** Remove what was kept of standard input: it is imported, and full of personal data. */
export async function removeSpooled(inputs: Inputs): Promise<void> {
  for (const file of [inputs.doNotCall, inputs.contacts]) {
    if (file?.spooled === true) await rm(file.path, { force: true });
  }
}

/** Read what `checkInputs` found: definitions parsed, files hashed, standard input kept in the data folder. */
export async function readInputs(
  options: StartOptions,
  layout: Layout,
  signal: AbortSignal,
): Promise<Inputs> {
  const bundled = options.contacts === null;
  const definition = await readCampaignFile(options.campaign ?? sample('campaign.yaml'));
  const contacts = await readInput('--contacts', options.contacts ?? sample('contacts.csv'), layout, signal);
  const doNotCallPath = options.doNotCall ?? (bundled ? sample('do-not-call.txt') : null);
  const doNotCall =
    doNotCallPath === null ? null : await readInput('--do-not-call', doNotCallPath, layout, signal);
  const campaignPath = options.campaign === null ? null : resolve(options.campaign);
  return { contacts, doNotCall, definition, campaignPath, bundled };
}

async function readInput(
  option: string,
  path: string,
  layout: Layout,
  signal: AbortSignal,
): Promise<InputFile> {
  const hash = createHash('sha256');
  let bytes = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  if (path !== STDIN) {
    for await (const chunk of createReadStream(path, { signal })) hash.update(chunk as Buffer);
    const full = resolve(path);
    // The list of an import that was interrupted is found again where standard input was kept.
    const spooled = dirname(full) === layout.inputs;
    const name = spooled ? STDIN_NAME : basename(path);
    return { path: full, name, sha256: hash.digest('hex'), spooled };
  }
  await mkdir(layout.inputs, { recursive: true, mode: 0o700 });
  const copy = join(layout.inputs, `${option.replaceAll('-', '')}.part`);
  await pipeline(process.stdin, measure, createWriteStream(copy, { mode: 0o600 }), { signal });
  if (bytes === 0) {
    throw invalidInput([
      { field: option, fault: 'standard input is empty', expected: 'a list on standard input, or a file' },
    ]);
  }
  const sha256 = hash.digest('hex');
  const kept = join(layout.inputs, sha256);
  await rename(copy, kept);
  return { path: kept, name: STDIN_NAME, sha256, spooled: true };
}
