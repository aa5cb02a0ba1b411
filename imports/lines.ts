/** One line of text without its end, numbered from 1. Of a line that is too long only the beginning is kept. */
export interface Line {
  readonly line: number;
  readonly text: string;
  readonly tooLong: boolean;
}

/** Characters of a line at the most. Longer ones are no contact, and must not fill the memory. */
export const LINE_CHARS_MAX = 1_048_576;
const KEPT_OF_TOO_LONG = 64;

/**
 * Cuts text into lines, whatever the pieces it comes in; memory is bounded by the longest line allowed.
 * Lines end in LF or CR LF, or in CR alone where `newline` says so.
 */
export interface LineReader {
  push(text: string): Line[];
  end(): Line[];
}

export function createLineReader(newline: '\n' | '\r' = '\n', charsMax = LINE_CHARS_MAX): LineReader {
  let line = 0;
  let carried = '';
  /** Inside a line that was too long: drop everything up to its end. */
  let dropping = false;

  function take(text: string): Line | null {
    line += 1;
    if (dropping) {
      dropping = false;
      const beginning = carried;
      carried = '';
      return { line, text: beginning, tooLong: true };
    }
    const tooLong = text.length > charsMax;
    const kept = tooLong ? text.slice(0, KEPT_OF_TOO_LONG) : text;
    return { line, text: kept.endsWith('\r') ? kept.slice(0, -1) : kept, tooLong };
  }

  return {
    push: (text) => {
      const lines: Line[] = [];
      let from = 0;
      for (let at = text.indexOf(newline); at !== -1; at = text.indexOf(newline, from)) {
        const piece = text.slice(from, at);
        const whole = dropping || carried === '' ? piece : carried + piece;
        if (!dropping) carried = '';
        const taken = take(whole);
        if (taken !== null) lines.push(taken);
        from = at + 1;
      }
      if (!dropping) {
        carried += text.slice(from);
        if (carried.length > charsMax) {
          dropping = true;
          carried = carried.slice(0, KEPT_OF_TOO_LONG);
        }
      }
      return lines;
    },
    end: () => {
      if (carried === '' && !dropping) return [];
      const taken = take(carried);
      carried = '';
      return taken === null ? [] : [taken];
    },
  };
}
