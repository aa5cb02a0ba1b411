/** How evidence of a place is told: sources and confidences as words, and what stands around them. */
export interface EvidenceWords {
  readonly sources: Readonly<Record<string, string>>;
  readonly confidences: Readonly<Record<string, string>>;
  readonly open: string;
  readonly close: string;
  /** Between two pieces of evidence, and between two places. */
  readonly semicolon: string;
  readonly comma: string;
}

/**
 * Candidates of a guard with what speaks for each: `CN-GD (number prefix, low confidence)`. A trace from before evidence
 * was kept in it has the candidates alone; a stored one may hold anything.
 */
export function placesText(inputs: Readonly<Record<string, unknown>>, words: EvidenceWords): string {
  const { candidates, from } = inputs;
  const known = (typeof from === 'object' && from !== null ? from : {}) as Readonly<Record<string, unknown>>;
  const places = Array.isArray(candidates) ? (candidates as unknown[]).map(String) : [];
  return places
    .map((place) => {
      const said = Object.hasOwn(known, place) ? known[place] : undefined;
      if (!Array.isArray(said)) return place;
      const all = (said as unknown[]).map((one) => evidenceText(String(one), words)).join(words.semicolon);
      return `${place}${words.open}${all}${words.close}`;
    })
    .join(words.comma);
}

/** Of `address/high@2026-11-01`, as the guards write it. */
function evidenceText(of: string, words: EvidenceWords): string {
  const match = /^(\w+)\/(\w+)(?:@(.+))?$/.exec(of);
  if (match === null) return of;
  const [, source = '', confidence = '', day] = match;
  const told = [words.sources[source] ?? source, words.confidences[confidence] ?? confidence];
  return (day === undefined ? told : [...told, day]).join(words.comma);
}
