/**
 * How personal values look wherever they leave the system: logs, issues, screens, exports (I8). Masking is for
 * people who must recognise a value they already have; it is no anonymisation.
 */

/** Digits of a number that are hidden at the least. */
const HIDDEN_DIGITS_MIN = 4;

/**
 * Country calling codes of one and two digits; every other code has three (ITU-T E.164, list of assigned codes).
 * No code is the beginning of another, so the first match is the code.
 */
const SHORT_CALLING_CODE = /^(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/;

/**
 * An E.164 number as people may see it: calling code, at most the first three and the last four digits.
 * @returns such as `+86 138****5678`; a value that is no E.164 number is masked like any text.
 */
export function maskNumber(e164: string): string {
  const match = /^\+(\d{5,15})$/.exec(e164);
  if (match === null) return maskText(e164);
  const digits = match[1]!;
  const code = SHORT_CALLING_CODE.exec(digits)?.[0] ?? digits.slice(0, 3);
  const national = digits.slice(code.length);
  const hidden = Math.min(national.length, Math.max(HIDDEN_DIGITS_MIN, Math.ceil(national.length / 3)));
  const tail = Math.min(4, national.length - hidden);
  const head = Math.min(3, national.length - hidden - tail);
  const stars = '*'.repeat(national.length - head - tail);
  return `+${code} ${national.slice(0, head)}${stars}${national.slice(national.length - tail)}`;
}

/** Characters of a masked text at the most; the rest is cut. */
const MASKED_TEXT_MAX = 32;

/**
 * Any text with its letters as `x` and its digits as `*`, at most 32 characters: enough to see what kind of value
 * stood there, never what it was. The last two digits stay where there are eight or more.
 */
export function maskText(text: string): string {
  const cut = [...text.slice(0, MASKED_TEXT_MAX * 2)];
  const digitAt = cut.flatMap((character, i) => (/\p{Nd}/u.test(character) ? [i] : []));
  const shown = new Set(digitAt.length >= 8 ? digitAt.slice(-2) : []);
  const masked = cut.map((character, i) => {
    if (shown.has(i)) return character;
    if (/\p{N}/u.test(character)) return '*';
    if (/[\p{L}\p{M}]/u.test(character)) return 'x';
    // Controls and whatever else is not plain punctuation could smuggle something into a terminal or a log line.
    return /[ -~]/.test(character) ? character : '?';
  });
  return masked.length > MASKED_TEXT_MAX
    ? masked.slice(0, MASKED_TEXT_MAX - 1).join('') + '…'
    : masked.join('');
}

/** Seven digits or more, as numbers are written: the shortest subscriber numbers that are called from elsewhere. */
const NUMBER = /\+?\d(?:[ ().\-–]{0,2}\d){6,}/;
const DATE = /^\d{4}-\d{2}-\d{2}/;
const UUID = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/i;
const UUID_OR_NUMBER = new RegExp(`${UUID.source}|${NUMBER.source}`, 'gi');

/** A text that people wrote, with `(number)` where a telephone number may stand in it; dates and our ids stay. */
export function withoutNumbers(text: string): string {
  return text.replace(UUID_OR_NUMBER, (match) => (DATE.test(match) || UUID.test(match) ? match : '(number)'));
}
