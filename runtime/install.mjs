import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { identityOf, isAlive } from './process-identity.mjs';

/**
 * What a fresh clone needs before any TypeScript can run: a new enough Node and the packages of
 * package-lock.json. Plain JavaScript without dependencies, because nothing is installed yet.
 */

/** From package.json's `engines`: vite and vitest need it, and Node 20 before it cannot `require` ES modules. */
export const MIN_NODE = '20.19.0';
const OTHER_SETUP_POLL_MS = 300;
/** A lock without a readable holder is one that is being written; after this it is a crash's. */
const UNREADABLE_LOCK_MS = 5_000;
const NPM_LINES = 12;

/** Null when `version` (like `v20.20.2`) is new enough, else what to do. */
export function nodeProblem(version) {
  const numbers = (text) => text.replace(/^v/, '').split('.').map(Number);
  const [have, need] = [numbers(version), numbers(MIN_NODE)];
  for (let i = 0; i < 3; i++) {
    if (have[i] > need[i]) return null;
    if (have[i] < need[i]) {
      return `Rightcall needs Node ${MIN_NODE} or newer, and this is ${version} (${process.execPath}). Install a newer Node, then run the same command again.`;
    }
  }
  return null;
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

function fitsThisMachine({ os, cpu, libc }, platform, arch) {
  const allows = (list, name) =>
    list === undefined || list.includes(name) || list.some((x) => x.startsWith('!') && x !== `!${name}`);
  // Which libc this is cannot be told cheaply, so that a package for one of them is not insisted upon.
  return libc === undefined && os !== undefined && allows(os, platform) && allows(cpu, arch);
}

/**
 * Why the installed packages are not those of the lock file, or null when they are. It compares contents
 * (npm's own record in node_modules is written last), because times say nothing after a checkout or a copy,
 * and packages for another kind of machine, as after a copy from one to the other, are found too.
 */
export function installProblem(root, platform = process.platform, arch = process.arch) {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages;
  if (wanted === undefined) return 'package-lock.json cannot be read';
  const installed = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages;
  if (installed === undefined) return 'no packages are installed';
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || entry.link === true) continue;
    const here = installed[path];
    if (here === undefined) {
      const needed = entry.optional !== true || fitsThisMachine(entry, platform, arch);
      if (needed && entry.peer !== true) return `${path.replace('node_modules/', '')} is missing`;
    } else if (here.version !== entry.version || here.integrity !== entry.integrity) {
      return `${path.replace('node_modules/', '')} is ${here.version}, wanted is ${entry.version}`;
    } else if (!existsSync(join(root, path))) {
      return `${path} has been removed`;
    }
  }
  return null;
}

/** What npm's failure means, in words, with the first lines of what npm said itself. */
export function explainNpmFailure(output) {
  const causes = [
    [/code EUSAGE/, 'package.json and package-lock.json do not belong together'],
    [/ENOSPC/, 'the disk is full'],
    [/EACCES|EPERM/, 'this user may not write there'],
    [/EROFS/, 'the file system is read-only'],
    [
      /ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|network/i,
      'the package registry cannot be reached; check the network, or the proxy and registry settings of npm',
    ],
    [/E40[134]/, 'the package registry refuses; check its settings in npm'],
    [/EINTEGRITY/, 'a package is not the one that package-lock.json names'],
  ];
  const known = causes.find(([pattern]) => pattern.test(output));
  // npm ends a usage error with its whole manual; what it found comes before that.
  const said = output.split(/^npm error\s+(?:Clean install a project|Usage:)/m)[0].split('\n');
  const errors = said.filter(
    (line) => line.startsWith('npm error') && line.replace('npm error', '').trim() !== '',
  );
  const text = errors.length > 0 ? errors : said.filter((line) => line.trim() !== '');
  return [
    known === undefined ? 'npm ci failed' : `npm ci failed: ${known[1]}`,
    ...text.slice(0, NPM_LINES),
  ].join('\n');
}

/** Takes `dir` as a lock (making a folder is one step everywhere) and waits while another set-up holds it. */
export async function withSetupLock(dir, say, work) {
  const holderFile = join(dir, 'holder.json');
  mkdirSync(dirname(dir), { recursive: true });
  let told = false;
  for (;;) {
    try {
      mkdirSync(dir);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = readJson(holderFile);
    const age = Date.now() - (statSync(dir, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    const dead =
      holder === null
        ? age > UNREADABLE_LOCK_MS
        : !isAlive(holder.pid) || (holder.identity !== null && identityOf(holder.pid) !== holder.identity);
    if (dead) {
      takeAway(dir, holder);
      continue;
    }
    if (!told) say(`Waiting for another set-up${holder === null ? '' : ` (pid ${holder.pid})`} to finish`);
    told = true;
    await delay(OTHER_SETUP_POLL_MS);
  }
  try {
    writeFileSync(holderFile, JSON.stringify({ pid: process.pid, identity: identityOf(process.pid) }));
    return await work();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Of several that find the same dead holder, one wins the folder named after it and removes the lock. */
function takeAway(dir, holder) {
  const claim = `${dir}.claim-${createHash('sha256').update(JSON.stringify(holder)).digest('hex').slice(0, 16)}`;
  try {
    mkdirSync(claim);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    // Its winner may itself have died; an old claim is nobody's.
    const age = Date.now() - (statSync(claim, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (age > UNREADABLE_LOCK_MS) rmSync(claim, { recursive: true, force: true });
    return;
  }
  try {
    if (JSON.stringify(readJson(join(dir, 'holder.json'))) === JSON.stringify(holder)) {
      rmSync(dir, { recursive: true, force: true });
    }
  } finally {
    rmSync(claim, { recursive: true, force: true });
  }
}

function npmCommand() {
  const script = process.env.npm_execpath;
  // The npm that started us, if one did: it is there even when none is on PATH.
  if (script !== undefined && /npm-cli\.c?js$/.test(script) && existsSync(script))
    return [process.execPath, [script]];
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm', []];
}

function npmCi(root, say) {
  return new Promise((resolve, reject) => {
    const [command, first] = npmCommand();
    const args = [...first, 'ci', '--no-audit', '--no-fund', '--prefer-offline'];
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: command.endsWith('.cmd'),
    });
    const started = Date.now();
    const ticking = setInterval(
      () => say(`Installing packages (${Math.round((Date.now() - started) / 1000)} s)`),
      5_000,
    );
    let output = '';
    const collect = (chunk) => {
      output = (output + chunk).slice(0, 100_000);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', (error) => {
      clearInterval(ticking);
      reject(
        new Error(
          error.code === 'ENOENT' ? 'npm is not installed or not on PATH; it comes with Node' : error.message,
        ),
      );
    });
    child.once('close', (code) => {
      clearInterval(ticking);
      if (code === 0) resolve();
      else reject(new Error(explainNpmFailure(output)));
    });
  });
}

/**
 * Installs the packages when they are not those of package-lock.json. Several at once take turns.
 * @throws Error in words
 */
export async function ensureInstalled(root, say) {
  if (installProblem(root) === null) return;
  await withSetupLock(join(root, '.rightcall', 'setup.lock'), say, async () => {
    // Whoever waited finds the work done.
    const problem = installProblem(root);
    if (problem === null) return;
    say(`Installing packages: ${problem}`);
    await npmCi(root, say);
    const still = installProblem(root);
    if (still !== null) throw new Error(`npm ci ended well, but ${still}; remove node_modules and try again`);
  });
}
