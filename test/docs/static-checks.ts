import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { parse } from 'csv-parse/sync';
import { parseAllDocuments, parse as parseYaml } from 'yaml';
import { createShell } from '../../cli/client/shell.ts';
import type { ApiDocument } from '../../cli/client/spec/document.ts';
import { createProgram } from '../../cli/program.ts';
import { describeApi } from '../../api/describe.ts';
import { parseCampaignDefinition } from '../../domain/faults.ts';
import { messageOf } from '../../domain/failures.ts';
import { bundledDocuments, compilePolicySet } from '../../policies/index.ts';
import { ROOT, blocksOf, type Block } from './documents.ts';
import { commandsOf, consoleSteps } from './shell-words.ts';

/** What can be said of a block without running it. Each check returns its faults as sentences. */

/** Languages and how each is checked; any other is a fault. */
const CHECKS: Readonly<Record<string, (block: Block) => string[] | Promise<string[]>>> = {
  sh: (block) => checkShell(block, block.text),
  console: (block) =>
    checkShell(
      block,
      consoleSteps(block.text)
        .map((step) => step.command)
        .join('\n'),
    ),
  json: ({ text }) => checkData(JSON.parse(text)),
  jsonl: ({ text }) => {
    for (const line of text.trim().split('\n')) JSON.parse(line);
    return [];
  },
  yaml: async ({ file, text }) => {
    const calendars = /^kind: pack$/m.test(text) ? await calendarsIn(file) : [];
    return parseAllDocuments(text).flatMap((document) => {
      if (document.errors.length > 0) return document.errors.map((error) => error.message.split('\n')[0]!);
      return checkData(document.toJS(), calendars);
    });
  },
  csv: ({ text }) => ((parse(text) as unknown[]).length > 1 ? [] : ['has no row under its heading']),
  js: ({ text }) => checkJavaScript(text),
  // Run against the engine's database, in a transaction that is rolled back.
  sql: () => [],
  text: ({ marker }) =>
    marker?.name === 'text'
      ? []
      : ['is text, and no `<!-- text: what it is -->` above it says why it cannot be checked'],
};

export async function faultsOfBlock(block: Block): Promise<string[]> {
  const check = CHECKS[block.language];
  if (check === undefined) {
    const what = block.language === '' ? 'has no language' : `has the language "${block.language}"`;
    return [`${what}; expected one of ${Object.keys(CHECKS).join(', ')}`];
  }
  try {
    return await check(block);
  } catch (error) {
    return [messageOf(error)];
  }
}

function checkJavaScript(text: string): string[] {
  try {
    execFileSync(process.execPath, ['--input-type=module', '--check', '-'], { input: text, stdio: 'pipe' });
    return [];
  } catch (error) {
    return [String((error as { stderr?: Buffer }).stderr ?? error)];
  }
}

const CAMPAIGN = { name: 'Example', purpose: 'marketing', carrier: 'line', callerId: '+12025550100' };
const CAMPAIGN_FIELDS = new Set(Object.keys(parseCampaignDefinition(CAMPAIGN)));

/** Calendars that a document gives in blocks of their own, for the packs in its others. */
async function calendarsIn(file: string): Promise<{ id: string }[]> {
  const yaml = (await blocksOf(file)).filter((block) => block.language === 'yaml');
  return yaml
    .flatMap((block) => parseAllDocuments(block.text).map((one) => one.toJS() as unknown))
    .filter((value) => (value as { kind?: unknown } | null)?.kind === 'calendar') as { id: string }[];
}

/** Campaign definitions, or parts of one, and policy documents are read by the code's own schemas. */
function checkData(value: unknown, calendars: readonly { id: string }[] = []): string[] {
  if (typeof value !== 'object' || value === null) return ['holds no fields'];
  const fields = value as Record<string, unknown>;
  try {
    if (fields['kind'] === 'pack' || fields['kind'] === 'calendar') {
      const others = [...bundledDocuments(), ...calendars].filter((document) => document.id !== fields['id']);
      compilePolicySet([...others, value]);
    } else if (
      Object.keys(fields).length > 0 &&
      Object.keys(fields).every((key) => CAMPAIGN_FIELDS.has(key))
    ) {
      const whole = 'callerId' in fields && 'carrier' in fields;
      parseCampaignDefinition(whole ? fields : { ...CAMPAIGN, ...fields });
    }
    return [];
  } catch (error) {
    return [messageOf(error)];
  }
}

async function checkShell(block: Block, script: string): Promise<string[]> {
  try {
    execFileSync('bash', ['-n'], { input: script, stdio: 'pipe' });
  } catch (error) {
    return [`bash cannot read it: ${String((error as { stderr?: Buffer }).stderr ?? error)}`];
  }
  const faults: string[] = [];
  for (const { words } of commandsOf(script)) {
    const fault = await faultOfCommand(words, block.marker?.name === 'checked');
    if (fault !== null) faults.push(`${words.join(' ').slice(0, 80)}: ${fault}`);
  }
  return faults;
}

/** Tools of the machine that are taken as they are. */
const TOOLS = new Set(
  'alias awk bash cat cd cp createdb createuser cut date echo export gpg grep gunzip gzip head jq kill ls mkdir mktemp mv openssl pg_basebackup pg_ctl pg_dump pg_restore printf promtool psql rm sed seq set sleep sort source sudo systemctl tail tee test time timeout touch tr true wait wc'.split(
    ' ',
  ),
);

async function faultOfCommand(words: readonly string[], unrun: boolean): Promise<string | null> {
  const [tool, ...rest] = words as [string, ...string[]];
  if (tool === 'rightcall') return faultOfVerb(rest);
  if (tool === 'npx' || /^(\.\/)?node_modules\/\.bin\//.test(tool)) return faultOfPackageBinary(words);
  if (tool === 'npm') return faultOfScript(rest);
  if (tool === 'node') return faultOfPaths(rest, /\.(ts|mjs|cjs|js)$/);
  if (tool === 'docker') return faultOfCompose(rest);
  if (tool === 'curl') return faultOfRequest(words);
  if (tool === 'git') return rest[0] === 'clone' ? null : 'only `git clone` is known here';
  if (/^\.?\.?\//.test(tool) || /^[.\w]+\//.test(tool))
    return existsSync(join(ROOT, tool)) ? null : 'no such file';
  if (TOOLS.has(tool)) return null;
  return unrun ? 'is not run, and nothing here can check it' : null;
}

let program: Promise<Command> | null = null;

/** The verb exists, with these options and so many arguments. */
async function faultOfVerb(words: readonly string[]): Promise<string | null> {
  // Verbs of the API as it is, and not as docs/openapi.json had it when it was last written.
  program ??= createProgram(null, createShell({ document: () => describeApi() as ApiDocument }));
  let command = await program;
  let at = 0;
  for (; at < words.length; at++) {
    const next = command.commands.find((c) => c.name() === words[at] || c.aliases().includes(words[at]!));
    if (next === undefined) break;
    command = next;
  }
  // `rightcall report <campaign>`: a noun may have a verb that need not be said. Commander has no reader for it.
  const unsaid: unknown = Reflect.get(command, '_defaultCommandName');
  if (words[at]?.startsWith('-') === false) {
    command = command.commands.find((c) => c.name() === unsaid) ?? command;
  }
  const rest = words.slice(at);
  if (rest[0] === '--help' || rest[0] === '--version' || rest[0] === 'help') return null;
  if (command.commands.length > 0 && command.registeredArguments.length === 0 && rest.length > 0) {
    if (!rest[0]!.startsWith('-')) return `\`rightcall ${words.slice(0, at + 1).join(' ')}\` is no verb`;
  }
  const args: string[] = [];
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i]!;
    if (!word.startsWith('-') || word === '-' || /^-\d/.test(word)) {
      args.push(word);
      continue;
    }
    const [flag] = word.split('=') as [string];
    const option = [...command.options, ...(command.parent?.options ?? [])].find(
      (known) => known.long === flag || known.short === flag,
    );
    if (option === undefined) return `${flag} is no option of it`;
    if (option.required && !word.includes('=')) i++;
    else if (option.optional && !word.includes('=') && rest[i + 1]?.startsWith('-') === false) i++;
    if (option.variadic) while (rest[i + 1]?.startsWith('-') === false) i++;
  }
  const wanted = command.registeredArguments;
  const least = wanted.filter((argument) => argument.required).length;
  const most = wanted.some((argument) => argument.variadic) ? Infinity : wanted.length;
  if (args.length < least || args.length > most) {
    return `has ${args.length} arguments (${args.join(' ')}); expected ${command.usage()}`;
  }
  return null;
}

function packageScripts(): Record<string, string> {
  const text = readFileSync(join(ROOT, 'package.json'), 'utf8');
  return (JSON.parse(text) as { scripts: Record<string, string> }).scripts;
}

async function faultOfScript(words: readonly string[]): Promise<string | null> {
  const [verb = '', ...rest] = words;
  if (['ci', 'install', 'link', 'pack'].includes(verb)) return null;
  const name = verb === 'run' ? (rest.shift() ?? '') : verb;
  if (!(name in packageScripts())) return `package.json has no script "${name}"`;
  if (rest[0] !== '--') return rest.length === 0 ? null : 'arguments of a script come after `--`';
  const given = rest.slice(1);
  if (name === 'start') return (await faultOfVerb(['start', ...given])) ?? faultOfPaths(given, /^samples\//);
  return null;
}

async function faultOfPackageBinary(words: readonly string[]): Promise<string | null> {
  const at = words[0] === 'npx' ? 1 : 0;
  const name = (words[at] ?? '').replace(/^.*\//, '');
  const rest = words.slice(at + 1);
  if (name === 'rightcall') return faultOfVerb(rest);
  if (!existsSync(join(ROOT, 'node_modules', '.bin', name))) return `no package here has a command "${name}"`;
  return faultOfPaths(rest, /^(test|bench|cli|api|samples|examples)\//);
}

function faultOfPaths(words: readonly string[], like: RegExp): string | null {
  const missing = words.find(
    (word) => like.test(word) && !word.startsWith('-') && !existsSync(join(ROOT, word)),
  );
  return missing === undefined ? null : `${missing} is not there`;
}

/** `docker compose [-f file] <verb> [services]`: the file parses and has the services. */
function faultOfCompose(words: readonly string[]): string | null {
  const [compose, ...rest] = words;
  if (compose === 'build') return existsSync(join(ROOT, 'Dockerfile')) ? null : 'there is no Dockerfile';
  if (compose !== 'compose') return 'only `docker compose` and `docker build` are known here';
  const positional: string[] = [];
  const files: string[] = [];
  const profiles: string[] = [];
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i]!;
    if (word === '-f' || word === '--file') files.push(rest[++i] ?? '');
    else if (word === '--profile') profiles.push(rest[++i] ?? '');
    else if (['--env-file', '--scale', '--tail', '--timeout', '-t', '-e', '--entrypoint'].includes(word)) i++;
    else if (!word.startsWith('-')) positional.push(word);
  }
  if (files.length === 0) return 'names no compose file (-f)';
  const services: Record<string, { profiles?: string[] }> = {};
  for (const file of files) {
    if (!existsSync(join(ROOT, file))) return `${file} is not there`;
    const document = parseYaml(readFileSync(join(ROOT, file), 'utf8')) as { services?: object };
    Object.assign(services, document.services);
  }
  const [verb = '', ...named] = positional;
  const known = [
    'up',
    'down',
    'stop',
    'start',
    'restart',
    'logs',
    'ps',
    'run',
    'exec',
    'pull',
    'build',
    'config',
    'kill',
  ];
  if (!known.includes(verb)) return `"${verb}" is no verb of docker compose`;
  const checked = verb === 'run' || verb === 'exec' ? named.slice(0, 1) : named;
  const missing = checked.find((name) => !(name in services));
  if (missing !== undefined) return `${files.join(', ')} has no service "${missing}"`;
  const unknown = profiles.find((p) => !Object.values(services).some((s) => s.profiles?.includes(p)));
  return unknown === undefined ? null : `${files.join(', ')} has no profile "${unknown}"`;
}

interface Described {
  readonly paths: Record<string, Record<string, unknown>>;
}
let described: Described | null = null;
/** Paths that are served beside what OpenAPI describes. */
const OPEN_PATHS = new Set([
  '/openapi.json',
  '/docs',
  '/healthz',
  '/readyz',
  '/metrics',
  '/health',
  '/health/live',
]);

/** The operation that a curl command asks for exists. */
function faultOfRequest(words: readonly string[]): string | null {
  const address = words.find((word) =>
    /^(\$\{?RIGHTCALL_URL\}?|https?:\/\/(127\.0\.0\.1|localhost):\d+)(\/|$)/.test(word),
  );
  if (address === undefined) {
    return words.some((word) => word.startsWith('-')) ? 'asks nothing of $RIGHTCALL_URL' : null;
  }
  const path = address.replace(/^(\$\{?RIGHTCALL_URL\}?|https?:\/\/[^/]+)/, '').replace(/\?.*$/, '');
  if (OPEN_PATHS.has(path)) return null;
  const explicit = words.findIndex((word) => word === '-X' || word === '--request');
  const sendsBody = words.some((word) =>
    /^(-d|--data(-binary|-raw)?|--json|-F|-T|--upload-file)$/.test(word),
  );
  const method = (explicit === -1 ? (sendsBody ? 'POST' : 'GET') : words[explicit + 1]!).toLowerCase();
  described ??= describeApi() as Described;
  for (const [template, methods] of Object.entries(described.paths)) {
    const pattern = new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`);
    if (pattern.test(path) && method in methods) return null;
  }
  return `the API has no operation ${method.toUpperCase()} ${path}`;
}
