import { en } from './en.ts';
import { LANGUAGES, type Language, type Messages } from './messages.ts';
import { zh } from './zh.ts';

export { LANGUAGES, type Language, type Messages } from './messages.ts';

export const MESSAGES: Readonly<Record<Language, Messages>> = { en, zh };

/** A word of a closed set; a code from elsewhere stands as it is. */
export function wordOf(words: Readonly<Record<string, string>>, code: string): string {
  return words[code] ?? code.replaceAll('_', ' ');
}

/**
 * A reason code as a clause, or null where there are no words for it.
 * @param type of the rule that gave it, where it is known: packs choose their own codes, and types put a fault after them.
 */
export function reasonWord(code: string, say: Messages, type?: string): string | null {
  const known = say.rules.reasons[code] ?? say.words.other[code];
  if (known !== undefined || type === undefined) return known ?? null;
  const faults = say.rules.faults[type];
  return faults?.[code.split('.').at(-1)!] ?? faults?.['own'] ?? null;
}

/**
 * The language to answer in, by `Accept-Language` (RFC 9110, 12.5.4): the one with the highest weight; English where
 * none is asked for, or none that is spoken here. `zh-CN` and `zh-Hant` are taken as `zh`.
 */
export function languageOf(acceptLanguage: string | undefined): Language {
  let best: { language: Language; weight: number } | undefined;
  for (const part of (acceptLanguage ?? '').split(',')) {
    const [range = '', ...parameters] = part.trim().toLowerCase().split(';');
    const language = LANGUAGES.find((one) => range === one || range.startsWith(`${one}-`));
    if (language === undefined) continue;
    const q = parameters.map((text) => /^\s*q=([\d.]+)$/.exec(text)?.[1]).find((text) => text !== undefined);
    const weight = q === undefined ? 1 : Number(q);
    if (weight > 0 && (best === undefined || weight > best.weight)) best = { language, weight };
  }
  return best?.language ?? 'en';
}
