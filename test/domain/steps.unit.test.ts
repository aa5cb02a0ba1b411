import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { watchSteps } from '../../domain/step-watch.ts';
import { reach, STEPS } from '../../domain/steps.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PRODUCTION = ['activities', 'api', 'audit', 'cli', 'db', 'gate', 'imports', 'runtime', 'workflows'];

function sources(): { name: string; text: string }[] {
  return PRODUCTION.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.m?ts$/.test(name))
      .map((name) => ({ name: `${folder}/${name}`, text: readFileSync(join(ROOT, folder, name), 'utf8') })),
  );
}

describe('the steps of the gate', () => {
  afterEach(() => watchSteps(undefined));

  it('do nothing, and wait for nothing, unless a test watches', () => {
    for (const step of STEPS) expect(reach(step, 'an id')).toBeUndefined();
  });

  it('are told to who watches, which may hold them up', async () => {
    const seen: string[] = [];
    watchSteps(async (step, of) => {
      await Promise.resolve();
      seen.push(`${step} ${of}`);
    });
    await reach('send.begun', 'c/1');
    expect(seen).toEqual(['send.begun c/1']);
  });

  it('are each reached in the code, and no code that runs in production watches them', () => {
    const reached = new Set(
      sources().flatMap(({ text }) => [...text.matchAll(/reach\('([a-z._]+)'/g)].map((m) => m[1])),
    );
    expect([...reached].sort()).toEqual([...STEPS].sort());
    expect(
      sources()
        .filter(({ text }) => /step-watch|watchSteps/.test(text))
        .map(({ name }) => name),
    ).toEqual([]);
  });
});
