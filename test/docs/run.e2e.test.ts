import { afterAll, beforeAll, expect, it } from 'vitest';
import type { StartedRun } from '../support/local-run.ts';
import { blocksOf, documentPaths } from './documents.ts';
import { runDocument } from './run-document.ts';
import { createWorkspace, startEngine, type Workspace } from './workspace.ts';

/**
 * Every command of the documents is typed, in the order in which it stands there, against one engine that `npm start`
 * brought up. RIGHTCALL_DOCS=docs/events.md,README.md runs these alone.
 */
const chosen = process.env['RIGHTCALL_DOCS']?.split(',');
const paths = (await documentPaths()).filter((path) => chosen?.includes(path) ?? true);

let workspace: Workspace;
let run: StartedRun | null = null;

beforeAll(async () => {
  workspace = await createWorkspace();
  run = await startEngine(workspace);
}, 180_000);

afterAll(async () => {
  run?.kill('SIGTERM');
  await run?.ended;
  await workspace.close();
}, 60_000);

for (const path of paths) {
  const blocks = await blocksOf(path);
  const runnable = blocks.some((block) => ['sh', 'console', 'sql'].includes(block.language));
  it.runIf(runnable)(`${path} does what it shows`, async () => {
    const faults = await runDocument(blocks, workspace);
    expect(faults.join('\n')).toBe('');
  });
}
