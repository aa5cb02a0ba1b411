/** What one migration would do to a version that still runs on the schema before it. */
export interface Breach {
  readonly rule: string;
  /** The beginning of the statement. */
  readonly statement: string;
}

interface Rule {
  readonly name: string;
  readonly breaks: RegExp;
  /** A stated reason (a comment with the statement) lifts it; else nothing does. */
  readonly unlessReasoned?: true;
}

const RULES: readonly Rule[] = [
  {
    name: 'drops what the version before uses',
    breaks: /\bDROP\s+(TABLE|COLUMN|VIEW|TYPE|FUNCTION|SCHEMA)\b/i,
  },
  { name: 'renames what the version before uses', breaks: /\bRENAME\s+(TO|COLUMN)\b/i },
  { name: 'changes the type of a column', breaks: /\bALTER\s+COLUMN\s+\S+\s+(SET\s+DATA\s+)?TYPE\b/i },
  { name: 'asks for a value that the version before does not write', breaks: /\bSET\s+NOT\s+NULL\b/i },
  {
    name: 'asks for a value that the version before does not write',
    breaks: /\bADD\s+COLUMN\s+(?:(?!,)[\s\S])*?\bNOT\s+NULL\b(?![^,]*\bDEFAULT\b)(?<!\bDEFAULT\b[^,]*)/i,
  },
  { name: 'takes a default away', breaks: /\bDROP\s+DEFAULT\b/i },
  {
    name: 'checks rows that are there while it holds the table',
    breaks:
      /\bADD\s+(CONSTRAINT\s+\S+\s+)?(CHECK|FOREIGN\s+KEY|UNIQUE|PRIMARY\s+KEY)\b(?![\s\S]*\bNOT\s+VALID\b)/i,
    unlessReasoned: true,
  },
  { name: 'empties a table', breaks: /\bTRUNCATE\b/i },
  { name: 'takes a right away', breaks: /\bREVOKE\b/i, unlessReasoned: true },
  { name: 'removes an index', breaks: /\bDROP\s+INDEX\b/i, unlessReasoned: true },
  {
    name: 'keeps writers out while an index is built',
    // Written IF NOT EXISTS, it is built before (db/migrate.ts).
    breaks: /\bCREATE\s+(UNIQUE\s+)?INDEX\b(?!\s+IF\s+NOT\s+EXISTS\b)/i,
    unlessReasoned: true,
  },
  {
    name: 'changes what a statement of the version before does',
    breaks: /\bCREATE\s+TRIGGER\b/i,
    unlessReasoned: true,
  },
  { name: 'rewrites rows', breaks: /^\s*(UPDATE|DELETE)\b/i, unlessReasoned: true },
];

/**
 * What in this migration could not be applied while the version before serves. Tables that the migration makes itself
 * are nobody's yet: what is done to them alone is never a breach.
 */
export function breachesOf(migration: string): Breach[] {
  const made = new Set(
    [...withoutComments(migration).matchAll(/CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?([\w".]+)/gi)].map(
      ([, name]) => bare(name!),
    ),
  );
  return migration.split('--> statement-breakpoint').flatMap((chunk) => {
    const reasoned = /^\s*--\s*\S+(\s+\S+){3,}/m.test(chunk);
    const text = withoutComments(chunk);
    const target = targetOf(text);
    if (target !== null && made.has(target)) return [];
    return RULES.filter((rule) => rule.breaks.test(text) && !(rule.unlessReasoned === true && reasoned)).map(
      (rule) => ({ rule: rule.name, statement: text.trim().slice(0, 80) }),
    );
  });
}

function withoutComments(sql: string): string {
  return sql.replaceAll(/--.*$/gm, '');
}

/** The one table that a statement is about, where it is. */
function targetOf(statement: string): string | null {
  const match =
    /\b(?:ALTER\s+TABLE(?:\s+ONLY)?|CREATE\s+(?:UNIQUE\s+)?INDEX\s+[\s\S]*?\bON|CREATE\s+TRIGGER\s+[\s\S]*?\bON|^\s*UPDATE|DELETE\s+FROM|REVOKE\s+[\s\S]*?\bON)\s+([\w".]+)/i.exec(
      statement,
    );
  return match === null ? null : bare(match[1]!);
}

function bare(name: string): string {
  return name.replaceAll('"', '').replace(/^public\./, '');
}
