import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { describeApi } from '../../api/describe.ts';
import { createShell } from '../../cli/client/shell.ts';
import type { ApiDocument } from '../../cli/client/spec/document.ts';
import { runProgram } from '../../cli/program.ts';
import { evaluationSchema } from '../../domain/decision.ts';
import { factsOfCase } from '../../policies/case-file.ts';
import { housePack, pack, rule } from '../policies/support.ts';

const document = describeApi() as ApiDocument;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rightcall-policy-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(argv: readonly string[], input = '') {
  const collect = () => {
    const stream = new PassThrough();
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    return { stream: stream as unknown as NodeJS.WriteStream, text: () => Buffer.concat(chunks).toString() };
  };
  const [out, err] = [collect(), collect()];
  const exitCode = process.exitCode;
  const shell = createShell({
    document: () => document,
    stdin: Readable.from([input]) as unknown as NodeJS.ReadStream,
    stdout: out.stream,
    stderr: err.stream,
  });
  const thrown = await runProgram(['policy', ...argv], { shell });
  const code = thrown === 0 ? Number(process.exitCode ?? 0) : thrown;
  process.exitCode = exitCode;
  return { code, out: out.text(), err: err.text() };
}

async function file(name: string, value: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof value === 'string' ? value : stringify(value));
  return path;
}

const AT = ['--at', '2026-11-23T04:00:00Z'];

describe('rightcall policy evaluate', () => {
  it('gives one decision for each line of facts, in order, with every rule', async () => {
    const facts = [factsOfCase({}), factsOfCase({ consents: [{}] })];
    const path = await file('facts.jsonl', facts.map((one) => JSON.stringify(one)).join('\n'));
    const { code, out } = await run(['evaluate', '--facts', path, ...AT, '--packs', 'cn', '--json']);
    const decisions = out
      .trim()
      .split('\n')
      .map((line) => evaluationSchema.parse(JSON.parse(line)));
    expect(code).toBe(0);
    expect(decisions.map(({ verdict }) => verdict.kind)).toEqual(['deny', 'allow']);
    expect(decisions[0]!.results.map((result) => result.rule)).toContain('cn.pipl.consent');
  });
  it('a line at fault is named in its place, the rest goes on, and the command fails', async () => {
    const lines = ['{}', 'nope', '{"purpose":"gossip"}', '', '{"consents":[{}]}'].join('\n');
    const { code, out, err } = await run(
      ['evaluate', '--facts', '-', '--shorthand', ...AT, '--packs', 'cn'],
      lines,
    );
    expect(out.trim().split('\n')).toEqual([
      expect.stringMatching(/^deny {2}consent\.missing \(cn\/cn\.commercial-calls\.consent\)/),
      'line 2: facts: are not JSON; expected one JSON object on the line',
      expect.stringMatching(/^line 3: purpose: is not one of the known values; expected one of marketing/),
      expect.stringMatching(/^allow/),
    ]);
    expect(err).toBe('rightcall: 2 of 5 lines were at fault; each is named in its place\n');
    expect(code).toBe(2);
  });
  it('facts that want a field are not guessed at', async () => {
    const { schema: _schema, ...wanting } = factsOfCase({});
    const { code, out } = await run(
      ['evaluate', '--facts', '-', ...AT, '--json'],
      JSON.stringify({ ...wanting, purpose: undefined }),
    );
    expect(code).toBe(2);
    expect(JSON.parse(out)).toMatchObject({ line: 1, problem: { code: 'invalid_input' } });
    expect(out).toContain('"purpose"');
  });
  it('packs from a file, beside those that ship', async () => {
    const strict = await file(
      'strict.yaml',
      housePack([rule('h', 'calling_window', { windows: { daily: ['05:00-06:00'] } })]),
    );
    const asked = (packs: string) =>
      run(['evaluate', '--facts', '-', '--shorthand', ...AT, '--packs', packs], '{"consents":[{}]}');
    expect((await asked('cn')).out).toMatch(/^allow/);
    expect((await asked(`cn,${strict}`)).out).toMatch(/^defer until 2026-11-23T21:00:00.000Z {2}no\.h /);
  });
  it.each([
    [['--facts', '-', '--at', 'noon'], '--at: is not an instant'],
    [['--facts', '-', ...AT, '--horizon', '-1'], '--horizon: is not a length of time'],
    [['--facts', '-', ...AT, '--packs', 'atlantis'], 'atlantis is not a pack that ships'],
    [['--facts', '-', ...AT, '--packs', './no.yaml'], './no.yaml: is not a file'],
    [['--facts', './no.jsonl', ...AT], './no.jsonl is not there'],
  ])('%j is refused with what would be right', async (argv, said) => {
    const { code, out, err } = await run(['evaluate', ...argv]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(said);
    expect(err.trim().split('\n')).toHaveLength(1);
  });
});

describe('rightcall policy test', () => {
  it('a pack and its cases', async () => {
    const own = await file(
      'own.yaml',
      pack([rule('r', 'ring_minimum', { seconds: 15 })], { id: 'own', covers: [] }),
    );
    const cases = {
      title: 'Ringing',
      packs: ['own', 'cn'],
      facts: { consents: [{}] },
      cases: [
        { name: 'long', at: '2026-11-23T04:00:00Z', expect: { verdict: 'allow' } },
        {
          name: 'short',
          at: '2026-11-23T04:00:00Z',
          facts: { ringTimeoutS: 10 },
          expect: { verdict: 'deny', reasons: ['no.r'] },
        },
      ],
    };
    const good = await run(['test', own, await file('cases.yaml', cases)]);
    expect(good.out).toBe('own 1: 2 cases as expected, 0 otherwise, 0 contradictions\n');
    expect(good.code).toBe(0);
    const [first] = cases.cases;
    const wrong = { ...cases, cases: [{ ...first, expect: { verdict: 'deny', reasons: ['no.r'] } }] };
    const bad = await run(['test', own, await file('wrong.yaml', wrong)]);
    expect(bad.out).toContain(
      '✗ Ringing: long: verdict: expected deny, got allow; reasons: expected no.r, got none',
    );
    expect(bad.code).toBe(1);
  });
  it('a document at fault: path, fault and what would be right, in one line', async () => {
    const bad = await file('bad.yaml', pack([rule('r', 'horoscope', {})], { id: 'bad' }));
    const { code, err } = await run(['test', bad]);
    expect(code).toBe(2);
    expect(err).toMatch(/^rightcall: bad\.rules\[0\]\.type: horoscope is not a rule type; expected one of /);
  });
  it('a file of 50 MB is not even read', async () => {
    const huge = await file('huge.yaml', 'x'.repeat(50 * 1024 * 1024));
    const { code, err } = await run(['test', huge]);
    expect(code).toBe(2);
    expect(err).toContain('has 52428800 bytes; expected at most 2097152');
  });
  it('rules that leave no hour', async () => {
    const never = await file(
      'never.yaml',
      housePack([rule('night', 'calling_window', { windows: { daily: ['02:00-03:00'] } })], 'night'),
    );
    const { code, out } = await run(['test', never]);
    expect(code).toBe(1);
    expect(out).toContain('leave no hour at which');
  });
});
