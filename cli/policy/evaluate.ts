import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Evaluation } from '../../domain/decision.ts';
import { dialFactsSchema, type DialFacts } from '../../domain/facts.ts';
import { invalidInput, RightcallError, type Fault } from '../../domain/failures.ts';
import { faultsOf } from '../../domain/faults.ts';
import { toIso } from '../../domain/time.ts';
import { factsOfCase } from '../../policies/case-file.ts';
import { evaluate } from '../../policies/index.ts';
import type { Shell } from '../client/shell.ts';
import { EXIT } from '../exit-codes.ts';
import type { EvaluateOptions } from './options.ts';
import { policySetNamed } from './documents.ts';

/**
 * Evaluates each line of facts by the packs named. A line that is no facts gives `{ line, problem }` in its place, so
 * that output lines always belong to input lines, and the rest goes on.
 * @returns the exit code: 2 where a line was at fault
 * @throws invalid_input for options and packs at fault, before anything is printed
 */
export async function evaluateFacts(options: EvaluateOptions, shell: Shell): Promise<number> {
  const at = instantOf(options.at);
  const horizonMs = horizonOf(options.horizon);
  const policySet = await policySetNamed(options.packs);
  const input = await openFacts(options.facts, shell);
  let line = 0;
  let faulty = 0;
  for await (const text of createInterface({ input, crlfDelay: Infinity })) {
    line += 1;
    if (text.trim() === '') continue;
    let said: string;
    try {
      const facts = readFacts(text, options.shorthand === true);
      const evaluation = evaluate({ policySet, facts, at, horizonMs });
      said = options.json === true ? JSON.stringify(evaluation) : inWords(evaluation);
    } catch (error) {
      if (!(error instanceof RightcallError)) throw error;
      faulty += 1;
      said =
        options.json === true
          ? JSON.stringify({ line, problem: { code: error.code, faults: error.faults } })
          : `line ${line}: ${error.message}`;
    }
    // A reader slower than this would otherwise be waited for in memory.
    if (!shell.stdout.write(`${said}\n`)) await once(shell.stdout, 'drain');
  }
  if (faulty > 0)
    shell.stderr.write(`rightcall: ${faulty} of ${line} lines were at fault; each is named in its place\n`);
  return faulty > 0 ? EXIT.usage : EXIT.ok;
}

function instantOf(text: string): number {
  const parsed = z.iso.datetime({ offset: true }).safeParse(text);
  if (parsed.success) return Date.parse(text);
  throw invalidInput([
    {
      field: '--at',
      fault: 'is not an instant',
      expected: 'ISO 8601 with an offset, such as 2026-11-23T04:00:00Z',
    },
  ]);
}

function horizonOf(text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw invalidInput([
    { field: '--horizon', fault: 'is not a length of time', expected: 'whole milliseconds, 0 or more' },
  ]);
}

async function openFacts(path: string, shell: Shell): Promise<NodeJS.ReadableStream> {
  if (path === '-') return shell.stdin;
  const missing = await access(path).then(
    () => false,
    () => true,
  );
  if (missing) {
    throw invalidInput([
      { field: '--facts', fault: `${path} is not there`, expected: 'a JSONL file, or - for standard input' },
    ]);
  }
  return createReadStream(path);
}

/** @throws invalid_input naming each fault of the line */
function readFacts(text: string, shorthand: boolean): DialFacts {
  const value = parseJson(text);
  const place = { prefix: '', root: 'facts', docs: 'docs/facts.md' };
  if (shorthand) {
    try {
      return factsOfCase(value);
    } catch (error) {
      if (error instanceof z.ZodError) throw invalidInput(faultsOf(error, value, place));
      throw error;
    }
  }
  const parsed = dialFactsSchema.safeParse(value);
  if (!parsed.success) throw invalidInput(faultsOf(parsed.error, value, place));
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    const fault: Fault = { field: 'facts', fault: 'are not JSON', expected: 'one JSON object on the line' };
    throw invalidInput([fault]);
  }
}

/** `deny  consent.missing (cn/cn.pipl.consent)`; of a deferral and an allow, until when. */
function inWords({ verdict, results }: Evaluation): string {
  const until = verdict.kind === 'deny' || verdict.until === null ? '' : ` until ${toIso(verdict.until)}`;
  const against = results
    .filter(({ outcome }) => outcome === 'deny' || outcome === 'defer')
    .map(({ reason, pack, rule }) => `${reason ?? ''} (${pack}/${rule})`);
  const duties = results.flatMap((result) => (result.duties ?? []).map(({ kind }) => kind));
  const owed = duties.length === 0 || verdict.kind !== 'allow' ? [] : [`with duties: ${duties.join(', ')}`];
  return [`${verdict.kind}${until}`, ...against, ...owed].join('  ');
}
