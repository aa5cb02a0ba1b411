/** One server-sent event (WHATWG HTML, 9.2.6). */
export interface ServerEvent {
  readonly id: string | null;
  readonly event: string;
  readonly data: string;
}

export interface ServerEventParser {
  /** Events that are whole by now. */
  push(text: string): ServerEvent[];
  /** What the server said of coming back, real ms; null: nothing. */
  readonly retryMs: number | null;
}

/** Cuts text that comes in pieces into events. Lines end in LF, CRLF or CR; comments are passed over. */
export function createServerEventParser(): ServerEventParser {
  let rest = '';
  let retryMs: number | null = null;
  let id: string | null = null;
  let event = '';
  let data: string[] = [];

  function take(line: string): ServerEvent[] {
    if (line === '') {
      const whole =
        data.length === 0 ? [] : [{ id, event: event === '' ? 'message' : event, data: data.join('\n') }];
      event = '';
      data = [];
      return whole;
    }
    const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (field === 'id') id = value;
    if (field === 'event') event = value;
    if (field === 'data') data.push(value);
    if (field === 'retry' && /^\d+$/.test(value)) retryMs = Number(value);
    return [];
  }

  return {
    push: (text) => {
      rest += text;
      // A CR at the very end may be half of a CRLF.
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? '';
      return lines.flatMap(take);
    },
    get retryMs() {
      return retryMs;
    },
  };
}
