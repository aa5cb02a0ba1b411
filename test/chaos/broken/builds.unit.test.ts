import { readFile } from 'node:fs/promises';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { GUARANTEES, type GuaranteeId } from '../judge/verdict.ts';
import { BROKEN_BUILDS } from './builds.ts';
import { filesOf, patched, patchedFile } from './make.ts';

/** Syntax alone: types may suffer, as they do not run. */
function faultsOf(file: string, text: string): string[] {
  const { diagnostics = [] } = ts.transpileModule(text, {
    fileName: file,
    reportDiagnostics: true,
    compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.NodeNext },
  });
  return diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

describe('the builds that break a promise', () => {
  test.each(BROKEN_BUILDS.map((build) => [build.name, build] as const))(
    '%s still applies to the code, which can still be read',
    async (_, build) => {
      for (const file of filesOf(build)) expect(faultsOf(file, await patchedFile(build, file))).toEqual([]);
    },
  );

  test('there is one for each guarantee', () => {
    const broken = new Set(BROKEN_BUILDS.map(({ breaks }) => breaks));
    expect((Object.keys(GUARANTEES) as GuaranteeId[]).filter((id) => !broken.has(id))).toEqual([]);
  });

  test('stand in docs/guarantees.md, each with what it does and which guarantee it breaks', async () => {
    const page = await readFile(new URL('../../../docs/guarantees.md', import.meta.url), 'utf8');
    const rows = page.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
    for (const { name, what, breaks } of BROKEN_BUILDS) {
      expect(rows).toContainEqual(['', `\`${name}\``, what, breaks, '']);
    }
  });

  test('have names of their own', () => {
    expect(new Set(BROKEN_BUILDS.map(({ name }) => name)).size).toBe(BROKEN_BUILDS.length);
  });
});

describe('a patch', () => {
  const patch = { file: 'a.ts', find: 'x', replace: 'y' };

  test('is refused where its place is not found, or found twice: the error names file and place', () => {
    expect(patched('axb', patch)).toBe('ayb');
    expect(() => patched('ab', patch)).toThrow('a.ts: "x" stands there 0 times; expected once');
    expect(() => patched('xx', patch)).toThrow('a.ts: "x" stands there 2 times; expected once');
  });
});
