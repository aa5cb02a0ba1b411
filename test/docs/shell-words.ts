/** One command of a shell block as far as it can be read without running it. */
export interface ShellCommand {
  /** Words with quotes taken away; what only the shell knows (`$NAME`, `$(…)`) stays as it is written. */
  readonly words: readonly string[];
}

/** Reserved words before which, or after which, a command begins. */
const KEYWORDS = new Set([
  'if',
  'then',
  'else',
  'elif',
  'fi',
  'for',
  'while',
  'until',
  'do',
  'done',
  '{',
  '}',
  '!',
  'time',
]);

/**
 * The commands of a script: split at newlines, pipes and lists, with those inside `$(…)` as commands of their own.
 * Here-documents, comments, assignments and redirections are left out. Enough for documents, no more.
 */
export function commandsOf(script: string): ShellCommand[] {
  const commands: ShellCommand[] = [];
  const joined = withoutHereDocuments(script.replace(/\\\n\s*/g, ' '));
  let words: string[] = [];
  let word: string | null = null;
  const endWord = () => {
    if (word !== null) words.push(word);
    word = null;
  };
  const endCommand = () => {
    endWord();
    const kept = meaningful(words);
    if (kept.length > 0) commands.push({ words: kept });
    words = [];
  };
  for (let i = 0; i < joined.length; i++) {
    const character = joined[i]!;
    if (character === "'" || character === '"') {
      const end = closing(joined, i);
      const inside = joined.slice(i + 1, end);
      if (character === '"') commands.push(...substitutions(inside));
      word = (word ?? '') + inside;
      i = end;
    } else if (character === '$' && joined[i + 1] === '(') {
      const end = matching(joined, i + 1);
      commands.push(...commandsOf(joined.slice(i + 2, end)));
      word = (word ?? '') + joined.slice(i, end + 1);
      i = end;
    } else if (character === '\\') {
      word = (word ?? '') + (joined[++i] ?? '');
    } else if (character === '#' && word === null) {
      while (i + 1 < joined.length && joined[i + 1] !== '\n') i++;
    } else if (/[\n;|&]/.test(character) && !(character === '&' && /[<>]$/.test(word ?? ''))) {
      endCommand();
    } else if (/\s/.test(character)) {
      endWord();
    } else word = (word ?? '') + character;
  }
  endCommand();
  return commands;
}

function meaningful(words: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (kept.length === 0 && (/^[A-Za-z_]\w*=/.test(word) || KEYWORDS.has(word))) continue;
    if (/^\d?(>>?|<)&?$/.test(word)) {
      i++;
      continue;
    }
    if (/^\d?(>>?|<)(&\d|[^<>]*)$/.test(word) && !/^<[a-z -]+>$/.test(word)) continue;
    kept.push(word);
  }
  if (kept[0] === 'export' || kept[0] === 'local') return [];
  return kept;
}

function closing(text: string, at: number): number {
  const quote = text[at]!;
  for (let i = at + 1; i < text.length; i++) {
    if (quote === '"' && text[i] === '\\') i++;
    else if (quote === '"' && text[i] === '$' && text[i + 1] === '(') i = matching(text, i + 1);
    else if (text[i] === quote) return i;
  }
  throw new Error(`a quote is never closed: ${text.slice(at, at + 40)}`);
}

/** Index of the bracket that closes the one at `at`. */
function matching(text: string, at: number): number {
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    if (text[i] === "'" || text[i] === '"') i = closing(text, i);
    else if (text[i] === '(') depth++;
    else if (text[i] === ')' && --depth === 0) return i;
  }
  throw new Error(`a bracket is never closed: ${text.slice(at, at + 40)}`);
}

function substitutions(text: string): ShellCommand[] {
  const found: ShellCommand[] = [];
  for (let i = text.indexOf('$('); i !== -1; i = text.indexOf('$(', i)) {
    const end = matching(text, i + 1);
    found.push(...commandsOf(text.slice(i + 2, end)));
    i = end;
  }
  return found;
}

function withoutHereDocuments(script: string): string {
  const kept: string[] = [];
  let until: string | null = null;
  for (const line of script.split('\n')) {
    if (until !== null) {
      if (line.trim() === until) until = null;
      continue;
    }
    const start = /<<-?\s*['"]?(\w+)['"]?/.exec(line);
    if (start !== null) until = start[1]!;
    kept.push(line.replace(/<<-?\s*['"]?\w+['"]?/, ''));
  }
  return kept.join('\n');
}

/** Steps of a `console` block: a command after `$ `, and the lines that it prints. */
export interface ConsoleStep {
  readonly command: string;
  readonly output: string;
}

export function consoleSteps(text: string): ConsoleStep[] {
  const steps: { command: string; output: string }[] = [];
  let continued = false;
  for (const line of text.split('\n')) {
    const start = /^\$ (.*)$/.exec(line);
    const last = steps.at(-1);
    if (start !== null) steps.push({ command: start[1]!, output: '' });
    else if (last === undefined) throw new Error('a console block begins with a line `$ command`');
    else if (continued) last.command += `\n${line}`;
    else last.output += `${line}\n`;
    const command = steps.at(-1)!.command;
    continued = command.endsWith('\\') && steps.at(-1)!.output === '';
  }
  return steps;
}
