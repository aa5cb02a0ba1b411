import { SEARCH_ATTRIBUTES } from '../workflows/messages.ts';

/** What workflows are found by; a server that lacks one refuses every start. */
export const SEARCH_ATTRIBUTE_TYPES: Readonly<Record<string, 'Keyword'>> = Object.fromEntries(
  Object.values(SEARCH_ATTRIBUTES).map((name) => [name, 'Keyword' as const]),
);
