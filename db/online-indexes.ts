/** An index that can be built before the migration that asks for it. */
export interface IndexStatement {
  /** As it is written, quoted. */
  readonly name: string;
  readonly table: string;
  /** The statement, so that it keeps no writer out. */
  readonly concurrently: string;
}

const CREATE =
  /^(\s*CREATE\s+(?:UNIQUE\s+)?INDEX)\s+(IF\s+NOT\s+EXISTS\s+)("[^"]+"|\w+)(\s+ON\s+(?:ONLY\s+)?)("[^"]+"|[\w.]+)/i;

/** The migration's statements `CREATE INDEX IF NOT EXISTS`, one each; others are left to the migration itself. */
export function indexesAhead(statements: readonly string[]): IndexStatement[] {
  return statements.flatMap((statement) => {
    const text = statement.replaceAll(/^\s*--.*$/gm, '').trim();
    const match = CREATE.exec(text);
    if (match === null) return [];
    const [, create, ifNotExists, name, on, table] = match as unknown as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const concurrently = text.replace(CREATE, `${create} CONCURRENTLY ${ifNotExists}${name}${on}${table}`);
    return [{ name, table, concurrently }];
  });
}
