import { join, resolve } from 'node:path';

/** Where a local run keeps what it knows, all under one folder (`--data`, `.rightcall` by default). */
export interface Layout {
  readonly dir: string;
  /** Logs of every child process. */
  readonly logs: string;
  /** Pid files of the child processes, by which the next start finds what a crash left behind. */
  readonly pids: string;
  /** Master key that the vault's keys are derived from; lose it and the personal data is unreadable. */
  readonly masterKey: string;
  /** Key that the evidence log's checkpoints are signed with, and the folder that they are copied to. */
  readonly evidenceKey: string;
  readonly checkpoints: string;
  /** The simulator's request log: what the carrier was really asked for. */
  readonly requestLog: string;
  /** Inputs that came by standard input, kept until they are imported. */
  readonly inputs: string;
  /** How to reach this run: API address and key, database. */
  readonly connection: string;
  /** The rehearsals of this folder, and which one is current. */
  readonly runs: string;
  readonly clock: string;
  /** Ports of the children, kept over restarts, and how long they took to come up. */
  readonly children: string;
}

export function layoutOf(dataDir: string): Layout {
  const dir = resolve(dataDir);
  return {
    dir,
    logs: join(dir, 'logs'),
    pids: join(dir, 'pids'),
    masterKey: join(dir, 'keys', 'master.key'),
    evidenceKey: join(dir, 'keys', 'evidence.pem'),
    checkpoints: join(dir, 'checkpoints'),
    requestLog: join(dir, 'simulator', 'requests.jsonl'),
    inputs: join(dir, 'inputs'),
    connection: join(dir, 'connection.json'),
    runs: join(dir, 'run.json'),
    clock: join(dir, 'clock.json'),
    children: join(dir, 'children.json'),
  };
}

/** Where this run's evidence log has its key and its copies, which the environment may say. */
export function evidencePlaces(
  layout: Layout,
  env: NodeJS.ProcessEnv,
): { keyFile: string; checkpoints: string } {
  return {
    keyFile: env['RIGHTCALL_EVIDENCE_KEY_FILE'] || layout.evidenceKey,
    checkpoints: env['RIGHTCALL_EVIDENCE_DIR'] || layout.checkpoints,
  };
}
