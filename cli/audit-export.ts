import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { Statements, Tx } from '../db/client.ts';
import { contactById } from '../db/repositories/contacts.ts';
import { placeSealedAt } from '../db/repositories/evidence-log.ts';
import { exportRecords, type ExportScope } from '../evidence/export.ts';
import { invalidInput, notFound } from '../domain/failures.ts';
import { openAuditTarget } from './audit-target.ts';

export interface ExportOptions {
  readonly contact?: string;
  readonly from?: string;
  readonly to?: string;
  readonly output?: string;
  readonly data?: string;
}

/** @returns the exit code */
export async function runAuditExport(options: ExportOptions): Promise<number> {
  checkOptions(options);
  const target = await openAuditTarget({
    dataDir: options.data ?? null,
    env: process.env,
    onProgress: (text) => process.stderr.isTTY && process.stderr.write(`${text}\n`),
  });
  try {
    const scope = await target.db.inTenant(target.tenantId, (tx) => scopeOf(tx, options));
    const lines = async function* () {
      for await (const record of exportRecords(target.db, target.tenantId, scope)) {
        yield `${JSON.stringify(record)}\n`;
      }
    };
    const toFile = options.output !== undefined;
    const output = toFile ? createWriteStream(options.output, { mode: 0o600 }) : process.stdout;
    await pipeline(Readable.from(lines()), output, { end: toFile });
    return 0;
  } finally {
    await target.close();
  }
}

function checkOptions({ contact, from, to }: ExportOptions): void {
  if (contact !== undefined && !z.guid().safeParse(contact).success) {
    const expected = 'a UUID; rightcall contact search';
    throw invalidInput([{ field: '--contact', fault: 'is not an id', expected }]);
  }
  if (contact !== undefined && (from ?? to) !== undefined) {
    const expected = 'all decisions about the contact, or a part of the log';
    throw invalidInput([{ field: '--contact', fault: 'does not go with --from or --to', expected }]);
  }
}

async function scopeOf(tx: Tx, { contact, from, to }: ExportOptions): Promise<ExportScope> {
  if (contact !== undefined) {
    if ((await contactById(tx, contact)) === null) throw notFound('the contact');
    return { kind: 'contact', contactId: contact };
  }
  if (from === undefined && to === undefined) return { kind: 'all' };
  const [first, end] = [
    await placeOf(tx, '--from', from ?? '0'),
    to === undefined ? null : await placeOf(tx, '--to', to),
  ];
  if (end !== null && end < first) {
    throw invalidInput([
      { field: '--to', fault: 'comes before --from', expected: 'a later place or instant' },
    ]);
  }
  return { kind: 'range', from: first, to: end };
}

/** A place of the log, given as such or by the instant from which on things were sealed behind it. */
async function placeOf(tx: Statements, field: string, text: string): Promise<number> {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const instant = z.iso.datetime({ offset: true }).safeParse(text);
  if (!instant.success) {
    const expected = 'a place of the log (a number from 0), or an instant such as 2026-11-01T00:00:00Z';
    throw invalidInput([{ field, fault: 'is neither a place nor an instant', expected }]);
  }
  return placeSealedAt(tx, Date.parse(instant.data));
}
