import { setTimeout as delay } from 'node:timers/promises';
import { lockDataDir } from '../../runtime/servers/lock.ts';
import { createFleet } from './fleet.ts';
import { checkInputs } from './inputs.ts';
import { INTERRUPTED_EXIT_CODE, Interrupted, listenForInterruption } from './interruption.ts';
import { layoutOf } from './layout.ts';
import type { StartOptions } from './options.ts';
import { rehearse, type Session } from './rehearse.ts';
import { createScreen, type ScreenOutput } from './screen.ts';

export interface StartIo {
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: ScreenOutput;
  readonly stderr: ScreenOutput;
  /** End the process at once; for the second Ctrl-C. */
  readonly leave: (code: number) => void;
}

/** How long what is open is waited for, real ms. */
const CLOSE_MS = 3_000;

/**
 * `npm start`: bring everything up, rehearse the campaign, report, and stay up until interrupted.
 * @returns the exit code: 0, 1 when the audit failed, 130 when interrupted before the report
 * @throws RightcallError for whatever cannot go on; by then everything that was started has been ended
 */
export async function runStart(options: StartOptions, io: StartIo): Promise<number> {
  const screen = createScreen(options.json ? io.stderr : io.stdout);
  await checkInputs(options);
  const layout = layoutOf(options.data);
  const lock = await lockDataDir(layout.dir);
  const interruption = listenForInterruption(
    () => screen.line('Stopping … (Ctrl-C again leaves at once)'),
    () => {
      screen.line('Leaving at once; what still runs ends by itself');
      io.leave(INTERRUPTED_EXIT_CODE);
    },
  );
  const fleet = createFleet((text) => screen.line(text));
  const session: Session = {
    options,
    env: io.env,
    layout,
    screen,
    fleet,
    interruption,
    printResult: (text) => void io.stdout.write(text),
    closing: [],
    exitCode: INTERRUPTED_EXIT_CODE,
  };
  try {
    await rehearse(session);
  } catch (error) {
    // Ctrl-C is how a run that stays up is ended, and an early end otherwise; `exitCode` tells them apart.
    if (!(error instanceof Interrupted)) throw error;
  } finally {
    screen.endLive();
    const stopping = fleet.isEmpty() ? null : screen.phase('Stopping');
    for (const close of session.closing.reverse()) {
      // An import that was interrupted may still hold its connections; they end with the server.
      await Promise.race([close().catch(() => undefined), delay(CLOSE_MS)]);
    }
    const problems = await fleet.stop((name) => stopping?.note(name));
    stopping?.done('Everything is stopped');
    for (const problem of problems) screen.line(`  ! ${problem}`);
    await lock.release();
    interruption.dispose();
  }
  return session.exitCode;
}
