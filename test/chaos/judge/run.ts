import { judge, formatVerdict } from './index.ts';

/** `node --import tsx test/chaos/judge/run.ts DIR`: judge what a run left, as often as one likes; its database must be up. */
const [dir, ...more] = process.argv.slice(2);
if (dir === undefined || more.length > 0) {
  process.stderr.write('expected one argument: the folder of evidence that a chaos run left\n');
  process.exitCode = 2;
} else {
  try {
    const verdict = await judge(dir);
    process.stdout.write(`${formatVerdict(verdict)}\n`);
    process.exitCode = verdict.ok ? 0 : 1;
  } catch (error) {
    process.stderr.write(
      `the run could not be judged: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    process.exitCode = 2;
  }
}
