import { plain } from '../text.ts';

export interface Citation {
  readonly instrument: string;
  readonly article: string | null;
  readonly url: string | null;
}

/** The law's name, article and where it can be read. */
export function citationText(citation: Citation | null): string {
  if (citation === null) return "the engine's own guard";
  const { instrument, article, url } = citation;
  return [instrument, article, url]
    .filter((part) => part !== null)
    .map(plain)
    .join(', ');
}
