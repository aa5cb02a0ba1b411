import { integer, jsonb, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { instant, tenantId } from './columns.ts';
import type { ScriptDocument } from '../../domain/script.ts';

/** A script (话术) by its name; what it says is in its versions. */
export const scripts = pgTable(
  'scripts',
  {
    tenantId: tenantId(),
    id: uuid('id').notNull(),
    name: text('name').notNull(),
    latestVersion: integer('latest_version').notNull(),
    /** The version published last; earlier ones stay usable. Null: none yet. */
    publishedVersion: integer('published_version'),
    /** No campaign may be started with it from here on. */
    retiredAt: instant('retired_at'),
    revision: integer('revision').notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.id] }), uniqueIndex('scripts_name').on(t.tenantId, t.name)],
);

/** A version of a script: never changed, only published. */
export const scriptVersions = pgTable(
  'script_versions',
  {
    tenantId: tenantId(),
    scriptId: uuid('script_id').notNull(),
    version: integer('version').notNull(),
    document: jsonb('document').$type<ScriptDocument>().notNull(),
    /** SHA-256 (hex) over the document's canonical JSON (RFC 8785). */
    hash: text('hash').notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: instant('created_at').notNull(),
    publishedBy: text('published_by'),
    publishedAt: instant('published_at'),
  },
  (t) => [primaryKey({ name: 'script_versions_pk', columns: [t.tenantId, t.scriptId, t.version] })],
);
