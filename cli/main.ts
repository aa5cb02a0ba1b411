import { EXIT } from './exit-codes.ts';
import { runProgram } from './program.ts';

// Whoever reads has read enough (`rightcall contact list … | head`): nothing went wrong.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
  throw error;
});

/** The `rightcall` command: importing this file runs it, whichever launcher did. */
const code = await runProgram(process.argv.slice(2));
// A verb that found something not as it should be has set the code already.
if (code !== EXIT.ok) process.exitCode = code;
