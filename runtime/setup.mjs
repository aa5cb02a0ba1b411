import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * The first step of `npm start` and `npm test`: makes a fresh clone runnable, then runs the TypeScript file
 * that was asked for, in this process.
 *
 *   node runtime/setup.mjs cli/main.ts start --demo
 *   node runtime/setup.mjs --install-only
 */
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const say = (text) => process.stderr.write(`${text}\n`);

async function main() {
  const [target, ...args] = process.argv.slice(2);
  // Loaded here, so that even a very old Node gets as far as its own message.
  const { ensureInstalled, nodeProblem } = await import('./install.mjs');
  const tooOld = nodeProblem(process.version);
  if (tooOld !== null) throw new Error(tooOld);
  if (target === undefined) {
    throw new Error('usage: node runtime/setup.mjs (--install-only | <file.ts> [arguments])');
  }
  await ensureInstalled(root, say);
  if (target === '--install-only') return;
  const { register } = await import('tsx/esm/api');
  register();
  const file = resolve(root, target);
  process.argv = [process.argv[0], file, ...args];
  await import(pathToFileURL(file).href);
}

main().catch((error) => {
  const expected = error?.code === undefined && error?.constructor === Error;
  say(expected || error?.name === 'RightcallError' ? error.message : (error?.stack ?? String(error)));
  process.exitCode = 1;
});
