import type { ApiDeps } from '../deps.ts';
import { createKeyBook, type KeyBook } from './keys.ts';

const books = new WeakMap<object, KeyBook>();

/** The one book of keys on this database in this process: who changes a key and who asks for it look into the same. */
export function keyBookOf(deps: Pick<ApiDeps, 'db' | 'reserved'>): KeyBook {
  const book = books.get(deps.db) ?? createKeyBook(deps.reserved?.access ?? deps.db);
  books.set(deps.db, book);
  return book;
}
