import { createReadStream } from 'node:fs';
import { bindDoNotCallList, bindWithdrawals } from '../../api/actions/bind-import.ts';
import type { ApiImports } from '../../api/deps.ts';
import { personsUnderWay } from '../../db/repositories/under-way.ts';
import { importContacts, importDoNotCall } from '../../imports/index.ts';
import { locateParsed } from '../../policies/index.ts';
import type { Engine } from '../engine.ts';

/** The import engine as the API calls it; what is taken in binds calls under way before it is answered (I3). */
export function importsOf(engine: Pick<Engine, 'db' | 'vault' | 'clock'>): ApiImports {
  const { db, vault, clock } = engine;
  const source = (upload: { name: string; path: string }) => ({
    name: upload.name,
    open: () => createReadStream(upload.path),
  });
  return {
    contacts: async (request) => {
      const withdrawn = new Set<string>();
      const result = await importContacts(
        {
          db,
          vault,
          clock,
          locateParsed,
          // The persons' rows are locked: no gate pass of theirs is under way, and later ones see the withdrawal.
          onWithdrawn: async (_tenantId, personIds, tx) => {
            for (const personId of await personsUnderWay(tx, personIds)) withdrawn.add(personId);
          },
        },
        { ...request, source: source(request.source) },
      );
      const said = { tenantId: request.tenantId, by: request.importedBy, importId: result.importId };
      await bindWithdrawals({ db, clock }, said, [...withdrawn]);
      return result;
    },
    doNotCall: async (request) => {
      const result = await importDoNotCall(
        { db, vault, clock },
        { ...request, source: source(request.source) },
      );
      const said = { tenantId: request.tenantId, by: request.importedBy, importId: result.importId };
      await bindDoNotCallList({ db, clock }, said, request.list);
      return result;
    },
  };
}
