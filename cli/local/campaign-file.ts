import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { LineCounter, parseDocument, type Document } from 'yaml';
import { campaignDefinitionSchema, type CampaignDefinition } from '../../domain/campaign.ts';
import { invalidInput, type Fault } from '../../domain/failures.ts';
import { SIMULATOR } from './carrier.ts';

/** A campaign's definition is a page of text; what is larger is some other file. */
const MAX_BYTES = 1024 * 1024;

/**
 * Read a campaign's definition from a JSON or YAML file (YAML reads both).
 * @throws RightcallError `invalid_input` naming the file, the line and the field of every fault
 */
export async function readCampaignFile(path: string): Promise<CampaignDefinition> {
  const text = await readFile(path);
  if (text.byteLength > MAX_BYTES) {
    throw invalidInput([
      {
        field: '--campaign',
        fault: `${basename(path)} has ${text.byteLength} bytes`,
        expected: 'a campaign definition, at most 1 MB',
      },
    ]);
  }
  return parseCampaign(text.toString('utf8').replace(/^\uFEFF/, ''), basename(path));
}

/** The pure half of `readCampaignFile`. @param name file name, for errors */
export function parseCampaign(text: string, name: string): CampaignDefinition {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  if (document.errors.length > 0) {
    throw invalidInput(
      document.errors.slice(0, 5).map((error) => {
        const at = lines.linePos(error.pos[0]);
        return {
          field: `${name}, line ${at.line}, column ${at.col}`,
          fault: `is not YAML or JSON: ${error.message.split('\n')[0]}`,
          expected: 'a campaign definition such as samples/campaign.yaml',
        };
      }),
    );
  }
  const value: unknown = document.toJS();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidInput([
      {
        field: name,
        fault: value === null ? 'is empty' : 'holds no fields',
        expected: 'a campaign definition such as samples/campaign.yaml',
      },
    ]);
  }
  const parsed = campaignDefinitionSchema.safeParse(value);
  if (!parsed.success) {
    throw invalidInput(
      parsed.error.issues.map((issue) => {
        const path = issue.path.map(String);
        return {
          field: `${name}${whereIs(document, lines, path)}: ${path.join('.') || 'campaign'}`,
          ...faultOf(issue),
        };
      }),
    );
  }
  const unfit = unfitForRehearsal(parsed.data);
  if (unfit !== null) {
    throw invalidInput([
      { ...unfit, field: `${name}${whereIs(document, lines, [unfit.field])}: ${unfit.field}` },
    ]);
  }
  return parsed.data;
}

function faultOf(issue: {
  code: string;
  message: string;
  keys?: string[];
}): Pick<Fault, 'fault' | 'expected'> {
  if (issue.code === 'unrecognized_keys') {
    return {
      fault: `has no field named ${(issue.keys ?? []).map((key) => `"${key}"`).join(', ')}`,
      expected: 'the fields of samples/campaign.yaml',
    };
  }
  return { fault: issue.message, expected: 'a value as samples/campaign.yaml explains it' };
}

/** What a scaled clock cannot run, said before anything is started. */
function unfitForRehearsal(definition: CampaignDefinition): Fault | null {
  if (definition.carrier !== SIMULATOR) {
    return {
      field: 'carrier',
      fault: `is "${definition.carrier}", but a rehearsal runs on a scaled clock, which is refused with any carrier that rings real phones`,
      expected: `"${SIMULATOR}"`,
    };
  }
  if (definition.mode !== 'agentless') {
    return {
      field: 'mode',
      fault: `is "${definition.mode}"`,
      expected: '"agentless"; with --agents the campaign is rehearsed in every mode as well',
    };
  }
  return null;
}

/** `, line 12` of the deepest part of `path` that the text has; empty where it has none. */
function whereIs(document: Document, lines: LineCounter, path: readonly string[]): string {
  for (let depth = path.length; depth > 0; depth--) {
    const node = document.getIn(path.slice(0, depth), true) as
      { range?: [number, number, number] } | undefined;
    if (node?.range) return `, line ${lines.linePos(node.range[0]).line}`;
  }
  return '';
}
