import { cpus, totalmem } from 'node:os';

export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGb: number;
  readonly node: string;
}

export function thisMachine(): Machine {
  const all = cpus();
  return {
    cores: all.length,
    cpu: (all[0]?.model ?? 'unknown').trim(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  };
}
