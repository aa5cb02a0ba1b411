import { workflowBundle } from './bundle.ts';

/** Make the workflows' bundle ahead, for an image whose file system is read-only: `npx tsx cli/worker/prebuild.ts`. */
process.stdout.write(`${await workflowBundle()}\n`);
