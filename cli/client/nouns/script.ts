import type { NounModule } from '../noun.ts';
import { sheet } from '../render/sheet.ts';

const ID = '0195b3a0-0000-7000-8000-000000000001';

interface Versioned {
  readonly script: { readonly id: string; readonly name: string; readonly state: string };
  readonly version: { readonly version: number; readonly language: string; readonly hash: string };
}

const versioned = ({ script, version }: Versioned) =>
  `${script.name} (${script.id}) is ${script.state}; version ${version.version} (${version.language}) is ${version.hash}`;

export const verbs: NounModule['verbs'] = [
  {
    verb: 'create',
    operation: 'createScript',
    about: 'add a script with its first version, from a dialogue as JSON or YAML; - reads standard input',
    fileArgument: true,
    fileField: 'document',
    text: versioned,
    examples: ['script create dialogue.yaml --name "Reminder"'],
  },
  {
    verb: 'list',
    operation: 'listScripts',
    columns: [
      ['ID', 'id'],
      ['NAME', 'name'],
      ['STATE', 'state'],
      ['LATEST', 'latestVersion'],
      ['PUBLISHED', 'publishedVersion'],
      ['UPDATED', 'updatedAt'],
    ],
    examples: ['script list --state published'],
  },
  { verb: 'show', operation: 'getScript', about: 'one script', examples: [`script show ${ID}`] },
  {
    verb: 'add-version',
    operation: 'addScriptVersion',
    about: 'give a script another version; versions never change',
    fileArgument: true,
    fileField: 'document',
    text: versioned,
    examples: [`script add-version ${ID} dialogue.yaml`],
  },
  {
    verb: 'versions',
    operation: 'listScriptVersions',
    columns: [
      ['VERSION', 'version'],
      ['LANGUAGE', 'language'],
      ['CREATED', 'createdAt'],
      ['PUBLISHED', 'publishedAt'],
      ['HASH', 'hash'],
    ],
    examples: [`script versions ${ID}`],
  },
  {
    verb: 'version',
    operation: 'getScriptVersion',
    about: 'one version of a script, with its dialogue',
    text: ({ document, ...head }: { document: object }) =>
      `${sheet(head)}\n\n${JSON.stringify(document, null, 2)}`,
    examples: [`script version ${ID} 2`],
  },
  {
    verb: 'publish',
    operation: 'publishScriptVersion',
    about: 'publish a version: campaigns can be started with it',
    arguments: ['version'],
    examples: [`script publish ${ID} 2`],
  },
  {
    verb: 'retire',
    operation: 'retireScript',
    about: 'retire a script: no campaign is started with it any more',
    examples: [`script retire ${ID} --reason "offer is over"`],
  },
];
