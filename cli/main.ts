import { EXIT } from './exit-codes.ts';
import { runProgram } from './program.ts';

/** The `rightcall` command: importing this file runs it, whichever launcher did. */
const code = await runProgram(process.argv.slice(2));
// A verb that found something not as it should be has set the code already.
if (code !== EXIT.ok) process.exitCode = code;
