import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { History } from '@temporalio/common/lib/proto-utils.js';

/**
 * Golden histories: what Temporal recorded of real runs, one file for each released version and path through a workflow,
 * `<version>-<path>.json`. Whatever the code becomes, it has to replay all of them, because such workflows may be
 * under way when a new version is deployed. Made by record.ts.
 */
export const HISTORIES = fileURLToPath(new URL('./histories/', import.meta.url));

/** A history as plain JSON: enums by name, payloads in base64, instants as seconds and nanoseconds. */
export interface HistoryJson {
  readonly events: readonly Readonly<Record<string, unknown>>[];
}

interface HistoryType {
  fromObject(json: object): History;
  toObject(history: History, options: Readonly<Record<'enums' | 'longs' | 'bytes', unknown>>): HistoryJson;
}

/**
 * The SDK's own protobuf classes, found as the SDK finds them. Its `historyFromJSON` and `historyToJSON` throw in an
 * installation that has more than one copy of protobufjs, as npm makes it for SDK 1.24.
 */
function historyType(): HistoryType {
  const require = createRequire(createRequire(import.meta.url).resolve('@temporalio/common'));
  const proto = require('@temporalio/proto') as {
    temporal: { api: { history: { v1: { History: HistoryType } } } };
  };
  return proto.temporal.api.history.v1.History;
}

export function toJson(history: History): HistoryJson {
  const type = historyType();
  return type.toObject(type.fromObject(history), { enums: String, longs: String, bytes: String });
}

export function fromJson(history: HistoryJson): History {
  return historyType().fromObject(history);
}

/** File name without its end → history. */
export async function goldenHistories(): Promise<Map<string, HistoryJson>> {
  const names = (await readdir(HISTORIES)).filter((name) => name.endsWith('.json')).sort();
  return new Map(
    await Promise.all(
      names.map(
        async (name) =>
          [
            name.slice(0, -'.json'.length),
            JSON.parse(await readFile(HISTORIES + name, 'utf8')) as HistoryJson,
          ] as const,
      ),
    ),
  );
}

/** A copy in which every text that `change` knows is another, payloads included. */
export function doctored(history: HistoryJson, change: (text: string) => string): HistoryJson {
  return mapTexts(history, change) as HistoryJson;
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTexts(item, change)]));
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const INSTANT = /\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})/g;
/** Fields whose numbers are not about anybody: instants in epoch ms, and Temporal's own counters and hashes. */
const NUMBERS_ALLOWED = new Set(['readyAt', 'seconds', 'nanos', 'taskId', 'buildId', 'historySizeBytes']);
/** A national number has at least nine digits in the countries that packs exist for; E.164 has fifteen at most. */
const LIKE_A_NUMBER = /\+?\d(?:[ .()-]{0,2}\d){8,}/;

/**
 * Texts of a history that could be telephone numbers: nine digits or more in a row that are no id and no instant,
 * in plain fields and in decoded payloads. None is expected, ever (I8).
 * @returns where each was found, and the text
 */
export function likeNumbers(history: HistoryJson): string[] {
  const found: string[] = [];
  look(history, '', found);
  return found;
}

function look(value: unknown, path: string, found: string[]): void {
  if (typeof value === 'string' || typeof value === 'number') {
    const key = path.slice(path.lastIndexOf('.') + 1);
    const text = String(value).replace(UUID, '…').replace(INSTANT, '…');
    if (!NUMBERS_ALLOWED.has(key) && LIKE_A_NUMBER.test(text)) found.push(`${path}: ${text}`);
    return;
  }
  if (value === null || typeof value !== 'object') return;
  if (isPayload(value)) {
    const text = Buffer.from(value.data, 'base64').toString('utf8');
    look(parsed(text), `${path}(payload)`, found);
    return;
  }
  for (const [key, item] of Object.entries(value)) look(item, `${path}.${key}`, found);
}

function isPayload(value: object): value is { metadata: unknown; data: string } {
  return 'metadata' in value && 'data' in value && typeof value.data === 'string';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
