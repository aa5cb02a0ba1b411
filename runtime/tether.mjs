import { spawn } from 'node:child_process';
import { renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { identityOf } from './process-identity.mjs';

/**
 * Runs one command and ends it when the process that asked for it is gone, however that one died:
 * its end of our standard input closes even on kill -9, which no signal handler sees.
 *
 * node tether.mjs '{"command","args","pidFile","stopSignal","hardSignal","stopTimeoutMs","uid","gid","cwd"}'
 * File descriptor 3 gets one JSON line: {"pid","identity"} or {"error","code"}.
 * The pid file is what the next start finds the command by when this process was itself killed.
 */
const FINAL_KILL_MS = 3_000;
const spec = JSON.parse(process.argv[2]);

function report(message) {
  try {
    writeSync(3, `${JSON.stringify(message)}\n`);
  } catch {
    // The parent is gone; the closed standard input says so too.
  }
}

const owner = spec.uid === undefined ? {} : { uid: spec.uid, gid: spec.gid };
const child = spawn(spec.command, spec.args, {
  ...owner,
  cwd: spec.cwd,
  stdio: ['ignore', 'inherit', 'inherit'],
});

let stopping = false;
function stop() {
  if (stopping) return;
  stopping = true;
  child.kill(spec.stopSignal);
  setTimeout(() => child.kill(spec.hardSignal), spec.stopTimeoutMs).unref();
  setTimeout(() => child.kill('SIGKILL'), spec.stopTimeoutMs + FINAL_KILL_MS).unref();
}

child.once('spawn', () => {
  const identity = identityOf(child.pid);
  const entry = { pid: child.pid, identity, command: spec.command, tetherPid: process.pid };
  try {
    writeFileSync(`${spec.pidFile}.new`, JSON.stringify(entry), { mode: 0o600 });
    renameSync(`${spec.pidFile}.new`, spec.pidFile);
  } catch (error) {
    report({ error: `cannot write ${spec.pidFile}: ${error.message}`, code: error.code });
    stop();
    return;
  }
  report({ pid: child.pid, identity });
});

child.once('error', (error) => {
  report({ error: error.message, code: error.code });
  process.exit(127);
});

child.once('exit', (code, signal) => {
  rmSync(spec.pidFile, { force: true });
  if (signal === null) process.exit(code);
  report({ signal });
  // As a shell would say it; the parent has the signal's name from the line above.
  process.exit(128);
});

// Both ends of a terminal's life and the parent's own order mean the same: stop the command, in order.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, stop);
process.stdin.on('end', stop).on('close', stop).on('error', stop).resume();
