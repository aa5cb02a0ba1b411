import type { NounModule } from '../noun.ts';

const ID = '0195b3a0-0000-7000-8000-000000000001';

interface Promised {
  readonly callback: {
    readonly id: string;
    readonly from: string;
    readonly until: string;
    readonly owner: string;
  };
  readonly warning: {
    readonly verdict: string;
    readonly allowedFrom: string | null;
    readonly reasons: readonly string[];
  } | null;
}

function promised({ callback, warning }: Promised): string {
  const head = `callback ${callback.id}: between ${callback.from} and ${callback.until}, promised by ${callback.owner}`;
  if (warning === null) return head;
  const from = warning.allowedFrom === null ? '' : `; allowed from ${warning.allowedFrom}`;
  return `${head}\nas things stand a call at its beginning would be refused (${warning.reasons.join(', ')})${from}`;
}

export const verbs: NounModule['verbs'] = [
  {
    verb: 'promise',
    operation: 'promiseCallback',
    text: promised,
    examples: [
      `callback promise ${ID} --from 2026-03-03T10:00:00+08:00 --until 2026-03-03T12:00:00+08:00 --topic plan-change`,
    ],
  },
  {
    verb: 'list',
    operation: 'listCallbacks',
    columns: [
      ['ID', 'id'],
      ['CONTACT', 'contactId'],
      ['FROM', 'from'],
      ['UNTIL', 'until'],
      ['STATUS', 'status'],
      ['REASON', 'reason'],
      ['OWNER', 'owner'],
    ],
    examples: [
      'callback list --status promised --campaign "March"',
      'callback list --status breached --all --json',
    ],
  },
  { verb: 'show', operation: 'getCallback', examples: [`callback show ${ID}`] },
  {
    verb: 'change',
    operation: 'changeCallback',
    text: promised,
    examples: [`callback change ${ID} --from 2026-03-04T10:00:00+08:00 --until 2026-03-04T12:00:00+08:00`],
  },
  {
    verb: 'cancel',
    operation: 'cancelCallback',
    examples: [`callback cancel ${ID} --reason "called us first"`],
  },
];
