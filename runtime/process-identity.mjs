import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Who a pid is. A pid alone proves nothing: after a crash or a reboot it may belong to anyone, so that
 * ending "the old child" by number could end a stranger. Pid and start time together are unique.
 * Plain JavaScript, because the tether and the set-up run before or without the TypeScript loader.
 */

/** Fields of /proc/<pid>/stat after the command name, which itself may hold spaces and brackets (proc(5)). */
function procStat(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0], startTicks: fields[19] };
}

function bootId() {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return 'unknown-boot';
  }
}

function ps(pid, column) {
  try {
    const options = {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, LC_ALL: 'C' },
    };
    const text = execFileSync('ps', ['-o', `${column}=`, '-p', String(pid)], options).trim();
    return text === '' ? null : text;
  } catch {
    return null;
  }
}

/** A text that no other process has had since the machine booted, or null where it cannot be told. */
export function identityOf(pid) {
  if (process.platform === 'linux') {
    try {
      return `${bootId()}:${procStat(pid).startTicks}`;
    } catch {
      return null;
    }
  }
  return ps(pid, 'lstart');
}

/** Whether the pid runs. A zombie does not: nobody may be there to reap it (a container without an init). */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== 'EPERM') return false;
  }
  if (process.platform === 'linux') {
    try {
      const { state } = procStat(pid);
      return state !== 'Z' && state !== 'X';
    } catch (error) {
      return error.code !== 'ENOENT' && error.code !== 'ESRCH';
    }
  }
  return !(ps(pid, 'stat') ?? 'Z').startsWith('Z');
}

/** The command line, words separated by spaces, or null where it cannot be told. */
export function commandLineOf(pid) {
  if (process.platform === 'linux') {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    } catch {
      return null;
    }
  }
  return ps(pid, 'command');
}
