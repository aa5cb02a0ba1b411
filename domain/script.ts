import { z } from 'zod';
import { callbackAheadSchema } from './campaign-callbacks.ts';
import { scriptDeclarationSchema } from './declaration.ts';
import { dispositionSchema } from './vocabulary.ts';

/**
 * A script (话术): what a call says, which keys lead where, what it records, and how it ends. A graph of nodes; what
 * `scriptFaults` refuses is a dialogue that a person could be caught in, above all one without a way to say "do not
 * call me again". Versions are immutable: a campaign names the one it uses.
 */

const NODE_NAME = /^[a-z][a-z0-9_-]{0,62}$/;
const nodeName = z
  .string()
  .regex(NODE_NAME, 'is not a node name; expected up to 63 of a–z, 0–9, _ and -, a letter first');
const fieldName = z
  .string()
  .regex(/^[a-z][A-Za-z0-9_]{0,62}$/, 'is not a field name; expected a letter, then letters, digits and _');
/** What is said; `{{variable}}` stands for an attribute of the contact. A minute of speech is some 900 characters. */
const prompt = z.string().trim().min(1, 'is empty; expected what is to be said').max(2_000);
/** Keys as they come from the phone; several stand for a sequence. */
const keys = z.string().regex(/^[0-9*#]{1,4}$/, 'is no keypress; expected 1 to 4 of 0–9, * and #');
const waitS = z.number().int().min(1).max(30).default(6);
/** How often it is said again to somebody who says nothing before `onSilence` is followed. */
const repeats = z.number().int().min(0).max(3).default(1);

const branchSchema = z.strictObject({
  keys,
  /** What the key means, for people. */
  label: z.string().trim().min(1).max(100),
  goto: nodeName,
  /** Data to record when it is chosen. */
  record: z
    .strictObject({ field: fieldName, value: z.string().max(100) })
    .nullable()
    .default(null),
});

export const scriptNodeSchema = z.discriminatedUnion('kind', [
  /** Says something and goes on. */
  z.strictObject({ kind: z.literal('say'), say: prompt, next: nodeName }),
  /** Says something and goes where a key leads. */
  z.strictObject({
    kind: z.literal('menu'),
    say: prompt,
    branches: z.array(branchSchema).min(1, 'is empty; expected at least one key').max(12),
    waitS,
    repeats,
    onSilence: nodeName,
    /** Where a key that is not named leads; null: it is said again, as after silence. */
    onOther: nodeName.nullable().default(null),
  }),
  /** Asks for digits and records them. */
  z.strictObject({
    kind: z.literal('collect'),
    say: prompt,
    field: fieldName,
    digits: z
      .strictObject({ min: z.number().int().min(1).max(32), max: z.number().int().min(1).max(32) })
      .refine((d) => d.min <= d.max, {
        message: 'asks for more than it takes; expected min ≤ max',
        path: ['min'],
      }),
    waitS,
    repeats,
    next: nodeName,
    onSilence: nodeName,
    /** A key that leaves the question, such as to opt out; null: every digit is data. */
    escape: z
      .strictObject({ keys: z.enum(['*', '#']), goto: nodeName })
      .nullable()
      .default(null),
  }),
  /** Hands the call over to an agent of the campaign (转人工): what it comes to is theirs to say. */
  z.strictObject({ kind: z.literal('agent'), say: prompt.nullable().default(null) }),
  /** Ends the call, with its disposition (话后小结). */
  z.strictObject({
    kind: z.literal('end'),
    say: prompt.nullable().default(null),
    disposition: dispositionSchema,
    /** They are promised a call (预约回拨), so long after this one; with disposition `callback`. Absent: no call is promised. */
    callback: callbackAheadSchema.nullable().optional(),
  }),
]);
export type ScriptNode = z.infer<typeof scriptNodeSchema>;

export const SCRIPT_NODES_MAX = 200;

export const scriptDocumentSchema = z
  .strictObject({
    /** BCP 47, such as zh-CN. */
    language: z
      .string()
      .regex(
        /^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$/,
        'is not a language; expected BCP 47 such as zh-CN',
      ),
    /** Attributes of the contact that prompts may name as {{variable}}. */
    variables: z.array(fieldName).max(50).default([]),
    /** Where a call begins. */
    start: nodeName,
    nodes: z.record(nodeName, scriptNodeSchema),
    /** What its calls do; null: nothing is known of it, so that the law's duties are owed by the call itself. */
    declares: scriptDeclarationSchema.nullable().optional(),
  })
  .superRefine((script, context) => {
    for (const { path, message } of scriptFaults(script)) context.addIssue({ code: 'custom', path, message });
  });
export type ScriptDocument = z.infer<typeof scriptDocumentSchema>;

interface ScriptGraph {
  readonly variables: readonly string[];
  readonly start: string;
  readonly nodes: Readonly<Record<string, ScriptNode>>;
}

export interface ScriptFault {
  readonly path: (string | number)[];
  /** `fault; expected`, as domain/faults.ts reads it. */
  readonly message: string;
}

interface Edge {
  readonly to: string;
  readonly path: (string | number)[];
  /** Followed when the person does nothing at all. */
  readonly silent: boolean;
}

/** Where a node can lead, each with the place in the document that says so. */
function edgesOf(name: string, node: ScriptNode): Edge[] {
  const at = (...rest: (string | number)[]) => ['nodes', name, ...rest];
  switch (node.kind) {
    case 'end':
    case 'agent':
      return [];
    case 'say':
      return [{ to: node.next, path: at('next'), silent: true }];
    case 'menu':
      return [
        ...node.branches.map((branch, i) => ({
          to: branch.goto,
          path: at('branches', i, 'goto'),
          silent: false,
        })),
        { to: node.onSilence, path: at('onSilence'), silent: true },
        ...(node.onOther === null ? [] : [{ to: node.onOther, path: at('onOther'), silent: false }]),
      ];
    case 'collect':
      return [
        { to: node.next, path: at('next'), silent: false },
        { to: node.onSilence, path: at('onSilence'), silent: true },
        ...(node.escape === null
          ? []
          : [{ to: node.escape.goto, path: at('escape', 'goto'), silent: false }]),
      ];
  }
}

/**
 * What is wrong with a dialogue as a whole. A sound one: every name it uses is there, every node can be come to, from
 * every node that does not end the call the person can opt out, a call with somebody who says nothing ends, no key has
 * two meanings, and prompts name declared variables alone.
 */
export function scriptFaults(script: ScriptGraph): ScriptFault[] {
  const names = Object.keys(script.nodes);
  if (names.length > SCRIPT_NODES_MAX) {
    return [{ path: ['nodes'], message: `has ${names.length} nodes; expected at most ${SCRIPT_NODES_MAX}` }];
  }
  const nodes = new Map(Object.entries(script.nodes));
  const edges = new Map([...nodes].map(([name, node]) => [name, edgesOf(name, node)]));
  const lost = [...edges.values()].flat().filter((edge) => !nodes.has(edge.to));
  if (lost.length > 0 || !nodes.has(script.start)) {
    return [
      ...(nodes.has(script.start)
        ? []
        : [
            { path: ['start'], message: `names ${script.start}, which is no node; expected the name of one` },
          ]),
      ...lost.map(({ to, path }) => ({
        path,
        message: `names ${to}, which is no node; expected the name of one`,
      })),
    ];
  }
  return [
    ...unreachable(script.start, edges),
    ...withoutOptOut(nodes, edges),
    ...endless(edges),
    ...ambiguousKeys(nodes),
    ...unknownVariables(script, nodes),
    ...idlePromises(nodes),
  ];
}

type Edges = ReadonlyMap<string, readonly Edge[]>;
type Nodes = ReadonlyMap<string, ScriptNode>;

function reach(from: Iterable<string>, step: (name: string) => Iterable<string>): Set<string> {
  const seen = new Set(from);
  for (const name of seen) for (const next of step(name)) seen.add(next);
  return seen;
}

function unreachable(start: string, edges: Edges): ScriptFault[] {
  const seen = reach([start], (name) => edges.get(name)!.map((edge) => edge.to));
  return [...edges.keys()]
    .filter((name) => !seen.has(name))
    .map((name) => ({ path: ['nodes', name], message: 'is led to by nothing; expected a way from `start`' }));
}

function withoutOptOut(nodes: Nodes, edges: Edges): ScriptFault[] {
  const before = new Map<string, string[]>();
  for (const [name, out] of edges)
    for (const { to } of out) before.set(to, [...(before.get(to) ?? []), name]);
  const optOuts = [...nodes].filter(([, node]) => node.kind === 'end' && node.disposition === 'opted_out');
  const can = reach(
    optOuts.map(([name]) => name),
    (name) => before.get(name) ?? [],
  );
  return (
    [...nodes]
      // To an agent they can say it.
      .filter(([name, node]) => node.kind !== 'end' && node.kind !== 'agent' && !can.has(name))
      .map(([name]) => ({
        path: ['nodes', name],
        message: 'leaves the person no way to opt out; expected a way to an end with disposition opted_out',
      }))
  );
}

/** Nodes on a circle that is gone round when the person does nothing: the call would never end. */
function endless(edges: Edges): ScriptFault[] {
  const next = new Map([...edges].map(([name, out]) => [name, out.find((edge) => edge.silent)]));
  return [...next].flatMap(([name, edge]) => {
    if (edge === undefined) return [];
    const seen = reach([edge.to], (at) => {
      const step = next.get(at);
      return step === undefined ? [] : [step.to];
    });
    if (!seen.has(name)) return [];
    return [
      {
        path: edge.path,
        message: 'goes round for ever with somebody who says nothing; expected a way to an end',
      },
    ];
  });
}

/** A key that begins another one's sequence would be taken for it, or never. */
function ambiguousKeys(nodes: Nodes): ScriptFault[] {
  return [...nodes].flatMap(([name, node]) => {
    if (node.kind !== 'menu') return [];
    return node.branches.flatMap((branch, i) => {
      const other = node.branches.find(
        (one, j) => j < i && (one.keys.startsWith(branch.keys) || branch.keys.startsWith(one.keys)),
      );
      if (other === undefined) return [];
      return [
        {
          path: ['nodes', name, 'branches', i, 'keys'],
          message: `cannot be told from ${other.keys}; expected keys of which none begins another`,
        },
      ];
    });
  });
}

/** A callback that is promised where the call comes to something else. */
function idlePromises(nodes: Nodes): ScriptFault[] {
  return [...nodes].flatMap(([name, node]) =>
    node.kind !== 'end' || (node.callback ?? null) === null || node.disposition === 'callback'
      ? []
      : [
          {
            path: ['nodes', name, 'callback'],
            message: `stands with disposition ${node.disposition}; expected disposition callback, or none promised`,
          },
        ],
  );
}

function unknownVariables(script: ScriptGraph, nodes: Nodes): ScriptFault[] {
  return [...nodes].flatMap(([name, node]) => {
    const named = [...(node.say ?? '').matchAll(/\{\{\s*([^{}]*?)\s*\}\}/g)].map((match) => match[1]!);
    const unknown = named.filter((variable) => !script.variables.includes(variable));
    return [...new Set(unknown)].map((variable) => ({
      path: ['nodes', name, 'say'],
      message: `names the variable ${variable}, which is not declared; expected one of \`variables\``,
    }));
  });
}

/** A script as a campaign names it. */
export const scriptReferenceSchema = z.strictObject({
  id: z.guid('is not an id; expected a UUID').transform((value) => value.toLowerCase()),
  version: z.number().int().positive(),
});
export type ScriptReference = z.infer<typeof scriptReferenceSchema>;
