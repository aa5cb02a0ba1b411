import type { Operation } from '../../operation.ts';
import { addScriptVersion } from './add-version.ts';
import { createScript } from './create.ts';
import { listScripts } from './list.ts';
import { publishScriptVersion } from './publish.ts';
import { getScriptVersion } from './read-version.ts';
import { getScript } from './read.ts';
import { retireScript } from './retire.ts';
import { listScriptVersions } from './versions.ts';

export const scriptsOperations: readonly Operation[] = [
  createScript,
  listScripts,
  getScript,
  addScriptVersion,
  listScriptVersions,
  getScriptVersion,
  publishScriptVersion,
  retireScript,
];
