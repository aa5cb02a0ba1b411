import { describeApi } from '../../api/describe.ts';
import { PROBLEMS } from '../../api/problems.ts';

/** The parts of docs/api.md that are made from the code. */

interface Described {
  readonly tags: readonly { readonly name: string; readonly description?: string }[];
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly operationId: string;
            readonly summary: string;
            readonly tags: readonly string[];
            readonly 'x-permission'?: string;
          }
        >
      >
    >
  >;
}

const row = (cells: readonly string[]) =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

/** Codes of api/problems.ts with what to do about each. */
function problemsTable(): string {
  return [
    row(['code', 'status', 'what it means', 'what to do']),
    row(['---', '---', '---', '---']),
    ...Object.entries(PROBLEMS).map(([code, { status, title, action }]) =>
      row([`\`${code}\``, String(status), title, action]),
    ),
  ].join('\n');
}

/** Every operation under its tag, with the permission that it asks for. */
function operationsTable(): string {
  const { tags, paths } = describeApi() as Described;
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      path,
      method: method.toUpperCase(),
      ...operation,
    })),
  );
  return tags
    .flatMap(({ name, description }) => {
      const own = all.filter((operation) => operation.tags[0] === name);
      if (own.length === 0) return [];
      return [
        `### ${name}`,
        '',
        description ?? '',
        '',
        row(['operation', 'what it does', 'permission']),
        row(['---', '---', '---']),
        ...own.map((operation) =>
          row([
            `\`${operation.method} ${operation.path}\``,
            operation.summary,
            operation['x-permission'] === undefined ? 'none' : `\`${operation['x-permission']}\``,
          ]),
        ),
        '',
      ];
    })
    .join('\n')
    .trim();
}

export const PARTS: Readonly<Record<string, () => string>> = {
  problems: problemsTable,
  operations: operationsTable,
};

/** The document with its generated parts as the code has them now. */
export function withParts(document: string): string {
  let text = document;
  for (const [name, make] of Object.entries(PARTS)) {
    const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [from, to] = [text.indexOf(start), text.indexOf(end)];
    if (from === -1 || to < from) throw new Error(`docs/api.md has no place for ${name}: ${start} … ${end}`);
    text = `${text.slice(0, from + start.length)}\n\n${make()}\n\n${text.slice(to)}`;
  }
  return text;
}
