import chardet from 'chardet';
import iconv from 'iconv-lite';
import { invalidInput } from '../domain/failures.ts';

/** What a file's bytes were taken for, and on what evidence. */
export interface DetectedEncoding {
  /** Name as iconv-lite knows it: `utf-8`, `utf-16le`, `utf-16be`, `gb18030`, … */
  readonly encoding: string;
  readonly by: 'asked' | 'byte order mark' | 'valid UTF-8' | 'zero bytes' | 'statistics';
}

/** Guesses that are taken for GB18030, of which GBK and GB2312 are parts. */
const CHINESE = /^(gb|big5)/i;

/**
 * Find a text's encoding from its first bytes. A byte order mark decides; else strictly valid UTF-8 is UTF-8,
 * because a text in another encoding hardly ever is; else zero bytes in every other place are UTF-16; else
 * statistics (chardet).
 * @param whole the sample is the whole file, so that a character cut off at its end is a fault in it.
 */
export function detectEncoding(sample: Buffer, whole: boolean): DetectedEncoding {
  if (sample[0] === 0xef && sample[1] === 0xbb && sample[2] === 0xbf) {
    return { encoding: 'utf-8', by: 'byte order mark' };
  }
  if (sample[0] === 0xff && sample[1] === 0xfe) return { encoding: 'utf-16le', by: 'byte order mark' };
  if (sample[0] === 0xfe && sample[1] === 0xff) return { encoding: 'utf-16be', by: 'byte order mark' };
  const zeroAt = zeroShare(sample);
  if (zeroAt.odd > 0.3 && zeroAt.even < 0.05) return { encoding: 'utf-16le', by: 'zero bytes' };
  if (zeroAt.even > 0.3 && zeroAt.odd < 0.05) return { encoding: 'utf-16be', by: 'zero bytes' };
  if (isUtf8(sample, whole)) return { encoding: 'utf-8', by: 'valid UTF-8' };
  const guesses = chardet.analyse(sample);
  const utf8 = guesses.find((guess) => guess.name === 'UTF-8');
  const best = guesses[0];
  // Mostly good UTF-8 with a few broken bytes is broken UTF-8: its bad rows are reported one by one.
  if (best === undefined || (utf8 !== undefined && utf8.confidence >= Math.min(best.confidence, 80))) {
    return { encoding: 'utf-8', by: 'statistics' };
  }
  // GB18030 decodes every GBK text; and Big5 guessed for short GBK text is the commoner mistake.
  const encoding = CHINESE.test(best.name) ? 'gb18030' : best.name.toLowerCase();
  return { encoding: iconv.encodingExists(encoding) ? encoding : 'utf-8', by: 'statistics' };
}

/** @throws RightcallError `invalid_input` for a name that iconv-lite does not know. */
export function askedEncoding(name: string): DetectedEncoding {
  if (!iconv.encodingExists(name)) {
    throw invalidInput([
      {
        field: 'encoding',
        fault: `${JSON.stringify(name)} is not a known encoding`,
        expected: 'utf-8, utf-16le, utf-16be, gb18030, …',
      },
    ]);
  }
  const lower = name.toLowerCase();
  return { encoding: lower === 'utf8' ? 'utf-8' : lower, by: 'asked' };
}

function zeroShare(sample: Buffer): { even: number; odd: number } {
  const length = Math.min(sample.length, 4096) & ~1;
  if (length < 8) return { even: 0, odd: 0 };
  let even = 0;
  let odd = 0;
  for (let i = 0; i < length; i += 2) {
    if (sample[i] === 0) even += 1;
    if (sample[i + 1] === 0) odd += 1;
  }
  return { even: even / (length / 2), odd: odd / (length / 2) };
}

function isUtf8(sample: Buffer, whole: boolean): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(sample, { stream: !whole });
    return true;
  } catch {
    return false;
  }
}

/** Turns chunks of bytes into text; characters may lie across chunks. Bytes that are no text become U+FFFD. */
export interface TextDecoding {
  write(bytes: Buffer): string;
  end(): string;
}

export function decoderFor(encoding: string): TextDecoding {
  if (encoding === 'utf-8') {
    const decoder = new TextDecoder('utf-8');
    return { write: (bytes) => decoder.decode(bytes, { stream: true }), end: () => decoder.decode() };
  }
  const decoder = iconv.getDecoder(encoding, { stripBOM: true });
  return { write: (bytes) => decoder.write(bytes), end: () => decoder.end() ?? '' };
}
