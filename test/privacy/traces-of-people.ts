/** Somebody made up, as a list of contacts names them. */
export interface Made {
  /** E.164, +1. */
  readonly number: string;
  readonly given: string;
  readonly family: string;
  readonly email: string;
}

/** What of them stands in a text, and around it; empty when nothing does. */
export interface Trace {
  readonly form: string;
  readonly around: string;
}

/**
 * Every form in which one of these people could stand in a text: the number as a carrier writes it, nationally, as
 * people write it, its last seven digits, encoded; the names, whole and each for itself.
 */
export function tracesOf(text: string, people: readonly Made[]): Trace[] {
  const lower = text.toLowerCase();
  const found: Trace[] = [];
  for (const { form, pattern, needle } of people.flatMap(formsOf)) {
    // A search for a plain text first: most are not there, and it is quick.
    if (!lower.includes(needle)) continue;
    const match = pattern.exec(lower);
    if (match === null) continue;
    found.push({ form, around: text.slice(Math.max(0, match.index - 60), match.index + 60) });
  }
  return found;
}

interface Form {
  readonly form: string;
  /** Plain lower-case text that every occurrence holds. */
  readonly needle: string;
  readonly pattern: RegExp;
}

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
const plain = (form: string, text: string): Form => ({
  form,
  needle: text.toLowerCase(),
  pattern: new RegExp(escaped(text.toLowerCase())),
});
/** Digits alone stand within ids and instants by chance: only where they are a word. */
const word = (form: string, digits: string): Form => ({
  form,
  needle: digits,
  pattern: new RegExp(`(?<![0-9a-z.])${digits}(?![0-9a-z])`),
});

function formsOf(person: Made): Form[] {
  const digits = person.number.slice(1);
  const national = digits.slice(1);
  const [area, office, line] = [national.slice(0, 3), national.slice(3, 6), national.slice(6)];
  return [
    plain('E.164', person.number),
    plain('E.164 in a URL', encodeURIComponent(person.number)),
    word('digits', digits),
    word('national', national),
    plain('written with dashes', `${area}-${office}-${line}`),
    plain('written with dots', `${area}.${office}.${line}`),
    plain('written with blanks', `${area} ${office} ${line}`),
    plain('written with brackets', `(${area}) ${office}-${line}`),
    word('last seven digits', `${office}${line}`),
    plain('E.164 in base64', Buffer.from(person.number).toString('base64').replace(/=+$/, '').slice(0, -1)),
    plain('E.164 in hexadecimal', Buffer.from(person.number).toString('hex')),
    plain('given name', person.given),
    plain('family name', person.family),
    plain('email', person.email),
  ];
}

/** @param count at most 90: numbers 555-0110 to 0199; 555-0100 is what answers show as an example */
export function makePeople(count: number): Made[] {
  const syllables = ['vex', 'qua', 'zor', 'mip', 'tul', 'gry', 'xan', 'ble', 'wok', 'fyd'];
  return Array.from({ length: count }, (_, n) => {
    const [a, b] = [syllables[n % 10]!, syllables[Math.floor(n / 10) % 10]!];
    return {
      number: `+120255501${n + 10}`,
      given: `Jor${a}${b}il`,
      family: `Mc${b}${a}oth`,
      email: `${a}${b}.jor@people.example`,
    };
  });
}
