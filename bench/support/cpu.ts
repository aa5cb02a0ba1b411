import { readFile, readdir } from 'node:fs/promises';

/**
 * CPU seconds that processes have used so far, from /proc: Linux only, and null elsewhere. On a busy machine wall times
 * say more about its other users than about us; these do not.
 */

/** USER_HZ is 100 on every Linux that Node runs on. */
const TICKS_PER_S = 100;

interface ProcessTimes {
  readonly parent: number;
  /** Of the process itself, and of its children that have ended and were waited for. */
  readonly ownS: number;
  readonly reapedS: number;
}

async function timesOf(pid: number): Promise<ProcessTimes | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name may hold spaces and brackets; what follows the last bracket is numbers (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const seconds = (first: number) => (Number(fields[first]) + Number(fields[first + 1])) / TICKS_PER_S;
    return { parent: Number(fields[1]), ownS: seconds(11), reapedS: seconds(13) };
  } catch {
    return null;
  }
}

/**
 * Of a process with its children, living and ended: PostgreSQL with all its backends.
 * @returns null where there is no /proc, or no such process
 */
export async function treeCpuS(pid: number | null): Promise<number | null> {
  if (pid === null) return null;
  const own = await timesOf(pid);
  if (own === null) return null;
  let total = own.ownS + own.reapedS;
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const child = await timesOf(Number(name));
    if (child?.parent === pid) total += child.ownS + child.reapedS;
  }
  return total;
}

/** Named processes and what each used between two looks. */
export interface CpuMeter {
  /** CPU seconds of each name since the meter was made; a name that could not be read is left out. */
  used(): Promise<Record<string, number>>;
}

export async function startCpuMeter(pids: Readonly<Record<string, number | null>>): Promise<CpuMeter> {
  const read = async () =>
    Object.fromEntries(
      await Promise.all(
        Object.entries(pids).map(async ([name, pid]) => [name, await treeCpuS(pid)] as const),
      ),
    );
  const before = await read();
  return {
    used: async () => {
      const after = await read();
      return Object.fromEntries(
        Object.keys(pids).flatMap((name) => {
          const from = before[name] ?? null;
          const to = after[name] ?? null;
          return from === null || to === null ? [] : [[name, to - from]];
        }),
      );
    },
  };
}
