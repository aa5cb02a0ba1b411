import { VARIABLES, type Variable } from './variables.ts';

/** The variables as the Markdown table that docs/configuration.md holds between its marks. */
export function configurationTable(): string {
  const rows = Object.entries<Variable>(VARIABLES).map(
    ([name, row]) =>
      `| \`${name}\`${row.secret ? ' (secret)' : ''} | ${row.readBy.join(', ')} | ${row.otherwise} | ${row.meaning.replaceAll('|', '\\|')} |`,
  );
  return ['| variable | read by | default | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
