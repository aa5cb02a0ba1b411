import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { explainNpmFailure, installProblem, nodeProblem, withSetupLock } from '../../runtime/install.mjs';

function project(wanted: object, installed: object | null): string {
  const root = mkdtempSync(join(tmpdir(), 'rightcall-install-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...wanted } }));
  if (installed !== null) {
    for (const path of Object.keys(installed)) mkdirSync(join(root, path), { recursive: true });
    writeFileSync(join(root, 'node_modules', '.package-lock.json'), JSON.stringify({ packages: installed }));
  }
  return root;
}

const a = { 'node_modules/a': { version: '1.0.0', integrity: 'x' } };
const forMac = { 'node_modules/mac': { version: '1.0.0', optional: true, os: ['darwin'], cpu: ['arm64'] } };

test('an installation is good exactly when it is what the lock file says for this machine', () => {
  expect(installProblem(project(a, null))).toBe('no packages are installed');
  expect(installProblem(project(a, a))).toBeNull();
  expect(installProblem(project({ ...a, 'node_modules/b': { version: '2.0.0' } }, a))).toBe('b is missing');
  const older = { 'node_modules/a': { version: '0.9.0', integrity: 'y' } };
  expect(installProblem(project(a, older))).toBe('a is 0.9.0, wanted is 1.0.0');
  expect(installProblem(project({ ...a, ...forMac }, a), 'linux', 'x64')).toBeNull();
  // As after a copy of the folder from one kind of machine to the other.
  expect(installProblem(project({ ...a, ...forMac }, a), 'darwin', 'arm64')).toBe('mac is missing');
  const removed = project(a, a);
  rmSync(join(removed, 'node_modules', 'a'), { recursive: true });
  expect(installProblem(removed)).toBe('node_modules/a has been removed');
});

test('a Node that is too old is told which one is needed', () => {
  expect(nodeProblem('v20.19.0')).toBeNull();
  expect(nodeProblem('v22.1.0')).toBeNull();
  expect(nodeProblem('v20.18.9')).toMatch(/needs Node 20\.19\.0 or newer, and this is v20\.18\.9/);
  expect(nodeProblem('v18.20.0')).not.toBeNull();
});

test('what npm complains of is said in words', () => {
  expect(explainNpmFailure('npm error code ENOSPC\nnpm error nospc')).toMatch(
    /^npm ci failed: the disk is full/,
  );
  expect(explainNpmFailure('npm error code ENOTFOUND')).toMatch(
    /registry cannot be reached; check the network/,
  );
  const manual =
    'npm error code EUSAGE\nnpm error Missing: a@1 from lock file\nnpm error Clean install a project\nnpm error Usage:';
  expect(explainNpmFailure(manual)).toMatch(/do not belong together[^]*Missing: a@1/);
  expect(explainNpmFailure(manual)).not.toContain('Usage');
});

test('set-ups at once take turns, and one that died does not hold up the others', async () => {
  const dir = join(project(a, a), '.rightcall', 'setup.lock');
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'holder.json'), JSON.stringify({ pid: 2 ** 22 + 1, identity: 'x' }));
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setTimeout(resolve, 5));
    inside--;
  };
  await Promise.all([1, 2, 3].map(() => withSetupLock(dir, () => undefined, work)));
  expect(most).toBe(1);
  expect(readdirSync(join(dir, '..'))).toEqual([]);
});
