import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { isAlive } from '../../runtime/process-identity.mjs';
import type { ChildOptions } from '../../runtime/servers/child.ts';
import { superviseChild } from '../../runtime/servers/child.ts';
import type { ServerEvent } from '../../runtime/servers/server.ts';
import { folder, startFixture, until } from './processes.ts';

const READY = `console.log(JSON.stringify({ ready: true, port: 7 }));`;

function options(dir: string, script: string, events: ServerEvent[] = []): ChildOptions {
  return {
    name: 'sleeper',
    command: process.execPath,
    args: ['-e', script],
    pidFile: `${dir}/sleeper.pid.json`,
    logFile: `${dir}/sleeper.log`,
    restart: 'always',
    ready: { kind: 'line', timeoutMs: 20_000 },
    onEvent: (event) => events.push(event),
  };
}

async function supervise(given: ChildOptions) {
  const child = await superviseChild(given);
  onTestFinished(() => child.stop());
  return child;
}

test('a child ends when the process that started it is killed with -9', async () => {
  const parent = await startFixture('parent', await folder());
  expect(isAlive(parent.childPid)).toBe(true);
  parent.process.kill('SIGKILL');
  await until('the child is gone', () => !isAlive(parent.childPid));
});

test('a child whose parent and tether were both killed is ended by the next start', async () => {
  const dir = await folder();
  const parent = await startFixture('parent', dir);
  const { tetherPid } = JSON.parse(readFileSync(`${dir}/sleeper.pid.json`, 'utf8')) as { tetherPid: number };
  process.kill(tetherPid, 'SIGSTOP');
  parent.process.kill('SIGKILL');
  process.kill(tetherPid, 'SIGKILL');
  await until('the tether is gone', () => !isAlive(tetherPid));
  expect(isAlive(parent.childPid)).toBe(true);
  const events: ServerEvent[] = [];
  const child = await supervise(options(dir, `${READY} setInterval(() => {}, 1000)`, events));
  expect(isAlive(parent.childPid)).toBe(false);
  expect(events.map(({ kind }) => kind)).toEqual(['leftover_ended', 'starting', 'ready']);
  expect(child.readyMessage()).toEqual({ ready: true, port: 7 });
});

test('a stranger who has the pid of an old child is left alone', async () => {
  const dir = await folder();
  const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  onTestFinished(() => void stranger.kill('SIGKILL'));
  const old = { pid: stranger.pid, identity: 'another-boot:1', command: process.execPath };
  writeFileSync(`${dir}/sleeper.pid.json`, JSON.stringify(old));
  await supervise(options(dir, `${READY} setInterval(() => {}, 1000)`));
  expect(isAlive(stranger.pid!)).toBe(true);
});

test('Ctrl-C in the terminal does not reach the child before its parent decides', async () => {
  const parent = await startFixture('parent', await folder());
  process.kill(-parent.process.pid!, 'SIGINT');
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(isAlive(parent.childPid)).toBe(true);
});

test('a crashed child is started again, and says so', async () => {
  const events: ServerEvent[] = [];
  const child = await supervise(options(await folder(), `${READY} setInterval(() => {}, 1000)`, events));
  const first = child.pid()!;
  process.kill(first, 'SIGKILL');
  await until('it runs again', () => events.filter(({ kind }) => kind === 'ready').length === 2);
  expect(child.pid()).not.toBe(first);
  expect(events.find(({ kind }) => kind === 'exited')?.text).toContain('signal SIGKILL');
});

test('a tether that is killed takes its child with it, and a new pair is started', async () => {
  const dir = await folder();
  const events: ServerEvent[] = [];
  const child = await supervise(options(dir, `${READY} setInterval(() => {}, 1000)`, events));
  const first = child.pid()!;
  const { tetherPid } = JSON.parse(readFileSync(`${dir}/sleeper.pid.json`, 'utf8')) as { tetherPid: number };
  process.kill(tetherPid, 'SIGKILL');
  await until('it runs again', () => events.filter(({ kind }) => kind === 'ready').length === 2);
  expect(isAlive(first)).toBe(false);
});

test('a child that will not stop is ended all the same, within its bound', async () => {
  const stubborn = `process.on('SIGTERM', () => {}); ${READY} setInterval(() => {}, 1000)`;
  const child = await superviseChild({
    ...options(await folder(), stubborn),
    signals: { stop: 'SIGTERM', hard: 'SIGKILL', stopTimeoutMs: 100 },
  });
  const pid = child.pid()!;
  await child.stop();
  expect(isAlive(pid)).toBe(false);
});

test('a child that fails at start is reported with the end of its log', async () => {
  const failing = options(await folder(), `console.error('no such table: contacts'); process.exit(3)`);
  await expect(superviseChild(failing)).rejects.toThrow(
    /sleeper did not start.*exit code 3[^]*no such table: contacts/,
  );
  const missing = { ...failing, command: '/nonexistent/command' };
  await expect(superviseChild(missing)).rejects.toThrow(/\/nonexistent\/command cannot be run.*ENOENT/);
});
