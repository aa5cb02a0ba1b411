import { describe, expect, it } from 'vitest';
import { createLanes } from '../../activities/services/lanes.ts';

const quiet = { info: () => undefined, warn: () => undefined };
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('lanes', () => {
  it('work that never ends holds up its own lane and no other', async () => {
    const lanes = createLanes('carriers', quiet);
    const done: string[] = [];
    lanes.run('dead', (stopping) => new Promise((resolve) => stopping.addEventListener('abort', resolve)));
    lanes.run('dead', async () => void done.push('dead'));
    lanes.run('well', async () => void done.push('well'));
    await settled();
    expect(done).toEqual(['well']);
    await lanes.stop();
    expect(done).toEqual(['well']);
  });

  it('what is asked for again and again while it is under way is done once more, by the latest word', async () => {
    const lanes = createLanes('carriers', quiet);
    const done: number[] = [];
    let end = () => undefined as void;
    lanes.run('one', () => new Promise<void>((resolve) => (end = resolve)));
    for (const n of [1, 2, 3]) lanes.run('one', async () => void done.push(n));
    end();
    await settled();
    expect(done).toEqual([3]);
    await lanes.stop();
  });

  it('a fault is said once however often it comes, and so is that it is over', async () => {
    const said: string[] = [];
    const lanes = createLanes('carriers', {
      info: (_fields, message) => void said.push(message),
      warn: (_fields, message) => void said.push(message),
    });
    const fails = async () => {
      throw new Error('down');
    };
    for (const work of [fails, fails, async () => undefined, async () => undefined]) {
      lanes.run('one', work);
      await settled();
    }
    expect(said).toEqual(['carriers: failed, trying again', 'carriers: going on']);
    await lanes.stop();
  });
});
