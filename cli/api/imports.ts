import { createReadStream } from 'node:fs';
import type { ApiImports } from '../../api/deps.ts';
import { importContacts, importDoNotCall } from '../../imports/index.ts';
import { locateParsed } from '../../policies/index.ts';
import type { Engine } from '../engine.ts';

/** The import engine as the API calls it. */
export function importsOf(engine: Engine): ApiImports {
  const { db, vault, clock } = engine;
  const source = (upload: { name: string; path: string }) => ({
    name: upload.name,
    open: () => createReadStream(upload.path),
  });
  return {
    contacts: (request) =>
      importContacts({ db, vault, clock, locateParsed }, { ...request, source: source(request.source) }),
    doNotCall: (request) =>
      importDoNotCall({ db, vault, clock }, { ...request, source: source(request.source) }),
  };
}
