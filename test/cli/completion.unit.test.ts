import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { describeApi } from '../../api/describe.ts';
import { createShell } from '../../cli/client/shell.ts';
import type { ApiDocument } from '../../cli/client/spec/document.ts';
import { scriptFor, SHELLS } from '../../cli/completion-scripts.ts';
import { treeOf } from '../../cli/completion.ts';
import { createProgram } from '../../cli/program.ts';

const shell = createShell({ document: () => describeApi() as ApiDocument });
const tree = treeOf(await createProgram(null, shell));
const bash = scriptFor('bash', tree);

/** What a bash that has the script proposes for these words; the last is the one being typed. */
async function propose(...words: string[]): Promise<string[]> {
  const { stdout } = await promisify(execFile)(
    'bash',
    [
      '--norc',
      '-c',
      `${bash}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _rightcall; echo "\${COMPREPLY[@]}"`,
      '-',
      'rightcall',
      ...words,
    ],
    { env: { PATH: process.env['PATH'] } },
  );
  return stdout.trim().split(/\s+/);
}

test('bash completes nouns, verbs, options and the values an option may have', async () => {
  expect(await propose('camp')).toEqual(['campaign']);
  expect(await propose('campaign', 're')).toEqual(expect.arrayContaining(['resume', 'revisions']));
  expect(await propose('campaign', 'list', '--sta')).toEqual(['--status']);
  expect(await propose('campaign', 'list', '--status', '')).toContain('paused');
  expect(await propose('report', '--zo')).toEqual(['--zone']);
});

test('values of options and arguments are not taken for commands', async () => {
  expect(await propose('campaign', 'list', '--profile', 'campaign', '--sta')).toEqual(['--status']);
  expect(await propose('campaign', 'show', 'list', '--js')).toEqual(['--json']);
  expect(await propose('campaign', 'show', 'list', '--sta')).toEqual(['']);
});

test('every shell has a script, and every noun is in it', () => {
  const nouns = tree[0]!.words.map((one) => one.word);
  expect(nouns).toContain('campaign');
  for (const name of SHELLS) {
    const script = scriptFor(name, tree);
    for (const noun of nouns) expect(script).toContain(noun);
  }
});
