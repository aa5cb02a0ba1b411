import type { CallbackAhead } from './campaign-callbacks.ts';
import type { ScriptDocument, ScriptNode } from './script.ts';
import type { Disposition } from './vocabulary.ts';

/**
 * What keys mean in a dialogue. The carrier says which keys were pressed and not where in the dialogue the person was, so
 * every place is kept in mind where they may have been: silence leads on from where one was, a key from where it is heard.
 */
type Dialogue = Pick<ScriptDocument, 'start' | 'nodes'>;

/** A node at which keys are heard, and the keys of a sequence heard there so far. */
interface Place {
  readonly node: string;
  readonly heard: string;
}

/** What a key does at a place. */
type Meaning =
  | { readonly kind: 'nothing'; readonly place: Place }
  | { readonly kind: 'leads'; readonly to: readonly string[] };

/**
 * Whether these keys, in the order in which they were pressed, say "do not call me again": there is a place where the
 * person may have been at which one of them leads to an end with disposition `opted_out`, and none at which it does
 * something else. Where it could have been something else, it is for the end of the call to say.
 */
export function saysOptOut(script: Dialogue, pressed: string): boolean {
  return leadsTo(script, pressed, (node) => node?.kind === 'end' && node.disposition === 'opted_out');
}

/** Whether these keys ask for an agent, by the same reading. */
export function asksForAgent(script: Dialogue, pressed: string): boolean {
  return leadsTo(script, pressed, (node) => node?.kind === 'agent');
}

/** Whether one of these keys leads to such a node wherever the person may have been. */
function leadsTo(script: Dialogue, pressed: string, is: (node: ScriptNode | undefined) => boolean): boolean {
  return ledTo(script, pressed, is) !== null;
}

/** The first such node that one of these keys leads to wherever the person may have been; null: to none. */
function ledTo(
  script: Dialogue,
  pressed: string,
  is: (node: ScriptNode | undefined) => boolean,
): ScriptNode | null {
  let places = placesFrom(script, [script.start]);
  for (const key of pressed) {
    const meanings = places.map((place) => meaningOf(script, place, key));
    const leads = meanings.flatMap((meaning) => (meaning.kind === 'leads' ? meaning.to : []));
    const nodes = leads.map((node) => script.nodes[listeningAt(script, node)]);
    if (nodes.length > 0 && nodes.every(is)) return nodes[0]!;
    const still = meanings.flatMap((meaning) => (meaning.kind === 'nothing' ? [meaning.place] : []));
    places = distinct([...still, ...placesFrom(script, leads)]);
  }
  return null;
}

/** What these keys say of a callback, by the same reading: when the person is to be called; null: they ask for none. */
export function callbackAsked(script: Dialogue, pressed: string): CallbackAhead | null {
  const node = ledTo(script, pressed, (one) => one?.kind === 'end' && (one.callback ?? null) !== null);
  return node?.kind === 'end' ? (node.callback ?? null) : null;
}

/**
 * The fewest keys that lead from the beginning to an end with each disposition, and to an agent, pressed without waiting
 * anywhere; ends that take silence have none.
 */
export function keysToEnds(script: Dialogue): Partial<Record<Disposition | 'agent', string>> {
  const found: Partial<Record<Disposition | 'agent', string>> = {};
  const seen = new Set<string>();
  const next: [node: string, keys: string][] = [[script.start, '']];
  for (let one = next.shift(); one !== undefined; one = next.shift()) {
    const name = listeningAt(script, one[0]);
    const node = script.nodes[name];
    if (node === undefined || seen.has(name)) continue;
    seen.add(name);
    if (node.kind === 'end') found[node.disposition] ??= one[1];
    if (node.kind === 'agent') found.agent ??= one[1];
    for (const [keys, to] of keysAt(node)) next.push([to, one[1] + keys]);
    next.sort((a, b) => a[1].length - b[1].length);
  }
  return Object.fromEntries(Object.entries(found).filter(([, keys]) => keys !== ''));
}

function keysAt(node: ScriptNode): [keys: string, to: string][] {
  switch (node.kind) {
    case 'menu':
      return node.branches.map(({ keys, goto }) => [keys, goto]);
    case 'collect':
      return [
        ...(node.escape === null ? [] : [[node.escape.keys, node.escape.goto] satisfies [string, string]]),
        ['1'.repeat(node.digits.min), node.next],
      ];
    case 'say':
    case 'agent':
    case 'end':
      return [];
  }
}

function meaningOf(script: Dialogue, place: Place, key: string): Meaning {
  const node = script.nodes[place.node]!;
  const heard = place.heard + key;
  const nothing = (rest: string): Meaning => ({
    kind: 'nothing',
    place: { node: place.node, heard: rest },
  });
  if (node.kind === 'menu') {
    const branch = node.branches.find(({ keys }) => keys === heard);
    if (branch !== undefined) return { kind: 'leads', to: [branch.goto] };
    if (node.branches.some(({ keys }) => keys.startsWith(heard))) return nothing(heard);
    return node.onOther === null ? nothing('') : { kind: 'leads', to: [node.onOther] };
  }
  if (node.kind === 'collect') {
    if (node.escape?.keys === key) return { kind: 'leads', to: [node.escape.goto] };
    // A digit of what was asked for, the last one or not.
    return { kind: 'leads', to: [place.node, node.next] };
  }
  return nothing('');
}

/** The node that is heard next: what is only said leads on by itself. */
function listeningAt(script: Dialogue, from: string): string {
  const seen = new Set<string>();
  let name = from;
  for (let node = script.nodes[name]; node?.kind === 'say' && !seen.has(name); node = script.nodes[name]) {
    seen.add(name);
    name = node.next;
  }
  return name;
}

/** Where keys may be heard by somebody who came to these nodes and was silent for a while. */
function placesFrom(script: Dialogue, from: readonly string[]): Place[] {
  const names = new Set(from.map((name) => listeningAt(script, name)));
  for (const name of names) {
    const node = script.nodes[name];
    if (node?.kind === 'menu' || node?.kind === 'collect') names.add(listeningAt(script, node.onSilence));
  }
  return [...names]
    .filter((name) => ['menu', 'collect'].includes(script.nodes[name]?.kind ?? ''))
    .map((node) => ({ node, heard: '' }));
}

function distinct(places: readonly Place[]): Place[] {
  return [...new Map(places.map((place) => [`${place.node} ${place.heard}`, place])).values()];
}
