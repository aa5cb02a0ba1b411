import { describe, expect, it } from 'vitest';
import { documentPaths, blocksOf, parseBlocks, whereOf, type Block } from './documents.ts';
import { essence, missingLine } from './loose.ts';
import { commandsOf, consoleSteps } from './shell-words.ts';
import { faultsOfBlock } from './static-checks.ts';

const paths = await documentPaths();

describe('the code blocks of the documents', () => {
  it.each(paths)('%s: each says what it is, can be read, and names only what exists', async (path) => {
    const faults: string[] = [];
    for (const block of await blocksOf(path)) {
      for (const fault of await faultsOfBlock(block)) faults.push(`${whereOf(block)}: ${fault}`);
    }
    expect(faults.join('\n')).toBe('');
  });
});

const block = (language: string, text: string, marker: Block['marker'] = null): Block => ({
  file: 'example.md',
  line: 1,
  language,
  text,
  marker,
  followsBlock: false,
});
const checked = { name: 'checked', value: 'not run in this test' } as const;

describe('what the checks of blocks find', () => {
  it.each([
    ['a language that nobody checks', block('ruby', 'puts 1'), /language "ruby"/],
    ['a block without a language', block('', 'x'), /no language/],
    ['text without a reason', block('text', 'x'), /text: what it is/],
    ['a verb that does not exist', block('sh', 'rightcall campaign explode x'), /is no verb/],
    [
      'an option that does not exist',
      block('sh', 'rightcall campaign list --loudly'),
      /--loudly is no option/,
    ],
    ['an argument too few', block('sh', 'npx rightcall campaign pause'), /has 0 arguments/],
    ['a verb inside a substitution', block('sh', 'X="$(rightcall campain list)"'), /is no verb/],
    ['a script that does not exist', block('sh', 'npm run nothing', checked), /no script "nothing"/],
    [
      'a start option that does not exist',
      block('sh', 'npm start -- --fast', checked),
      /--fast is no option/,
    ],
    [
      'a file that is not there',
      block('sh', 'npx vitest run test/nowhere', checked),
      /test\/nowhere is not there/,
    ],
    [
      'a compose service that is not there',
      block('sh', 'docker compose -f temporal-docker-compose.yml up nobody', checked),
      /no service "nobody"/,
    ],
    [
      'an operation that is not there',
      block('sh', 'curl "$RIGHTCALL_URL/v1/campains"'),
      /no operation GET \/v1\/campains/,
    ],
    ['a wrong method', block('sh', 'curl -X PUT "$RIGHTCALL_URL/v1/campaigns"'), /no operation PUT/],
    [
      'a tool that is neither run nor known',
      block('sh', 'frobnicate --all', checked),
      /nothing here can check it/,
    ],
    ['shell that bash cannot read', block('sh', 'if true; then'), /bash cannot read it/],
    ['a misspelt campaign rule', block('yaml', 'retry: { maxAttemps: 3 }'), /maxAttemps/],
    ['a pack that does not compile', block('yaml', 'kind: pack\nid: x\n'), /./],
    ['JSON that is none', block('json', '{ "a": 1, }'), /JSON/],
    ['YAML that is none', block('yaml', 'a: [1'), /./],
    ['JavaScript that is none', block('js', 'const = 1;'), /SyntaxError/],
  ])('%s', async (_, given, expected) => {
    expect((await faultsOfBlock(given)).join('\n')).toMatch(expected);
  });

  it('a fence that is never closed, and a marker that is not known', () => {
    expect(() => parseBlocks('x.md', '```sh\nls\n')).toThrow(/x\.md:1/);
    expect(() => parseBlocks('x.md', '<!-- chekced: no -->\n\n```sh\nls\n```\n')).toThrow(
      /x\.md:1: .*no marker/,
    );
  });
});

describe('reading blocks', () => {
  it('finds language, line and marker, also inside a list', () => {
    const blocks = parseBlocks(
      'x.md',
      'a\n<!-- exit code: 4 -->\n\n```sh\nls\n```\n- b\n\n  ```json\n  {}\n  ```\n',
    );
    expect(blocks).toMatchObject([
      { line: 4, language: 'sh', text: 'ls', marker: { name: 'exit code', value: '4' } },
      { line: 9, language: 'json', text: '{}', marker: null },
    ]);
  });

  it('splits a script into commands as a shell would', () => {
    const script = `# a comment
A=1 rightcall campaign list --json \\
  | jq '.items[0] | .id' > out.txt 2>&1
ID="$(rightcall import show "$(cat id)")" && curl -d '{"a": "b;c"}' "$URL/x"
cat <<'EOF' > file.yaml
name: rightcall nothing
EOF`;
    expect(commandsOf(script).map(({ words }) => words.join('·'))).toEqual([
      'rightcall·campaign·list·--json',
      'jq·.items[0] | .id',
      'cat·id',
      'rightcall·import·show·$(cat id)',
      'curl·-d·{"a": "b;c"}·$URL/x',
      'cat',
    ]);
  });

  it('reads a session: commands after $, what they print below', () => {
    expect(consoleSteps('$ a \\\n  b\nout\n$ c')).toEqual([
      { command: 'a \\\n  b', output: 'out\n' },
      { command: 'c', output: '' },
    ]);
  });

  it('compares output without what differs between runs, and finds a line that is missing', () => {
    expect(essence('Mon 2026-11-23 12:55  12.5 %')).toBe(essence('Tue 2027-01-02 01:02 3 %'));
    expect(missingLine('waiting 3\n…\ndone … ms', 'waiting 12\nx\ndone after 4 ms')).toBeNull();
    expect(missingLine('denied 3', 'waiting 12')).toBe('denied 3');
    expect(missingLine('b\na', 'a\nb')).toBe('a');
  });
});
