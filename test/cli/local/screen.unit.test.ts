import { describe, expect, it } from 'vitest';
import { createScreen } from '../../../cli/local/screen.ts';

function recorder() {
  const written: string[] = [];
  let at = 0;
  return {
    output: { write: (text: string) => written.push(text) },
    now: () => at,
    pass: (ms: number) => {
      at += ms;
    },
    text: () => written.join(''),
  };
}

describe('a screen that is no terminal', () => {
  it('prints whole lines without any control character', () => {
    const r = recorder();
    const screen = createScreen(r.output, r.now);
    const phase = screen.phase('PostgreSQL');
    r.pass(6_000);
    phase.note('unpacking');
    phase.done();
    screen.live(['a \u001b[31mred\u001b[0m', 'b\r']);
    screen.line('end');

    expect(r.text()).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
    expect(r.text()).toBe('  … PostgreSQL: unpacking\n  ✓ PostgreSQL (6.0 s)\n  a [31mred[0m | b\nend\n');
  });

  it('sums live lines up to one every few seconds', () => {
    const r = recorder();
    const screen = createScreen(r.output, r.now);
    for (let s = 0; s < 10; s++) {
      screen.live([`second ${s}`]);
      r.pass(1_000);
    }
    expect(r.text().match(/second/g)).toHaveLength(2);
  });
});

describe('a terminal', () => {
  it('keeps the live lines below what is printed, within its width', () => {
    const r = recorder();
    const screen = createScreen({ ...r.output, isTTY: true, columns: 20 }, r.now);
    screen.live(['x'.repeat(50)]);
    screen.line('lasting');
    const shown = r.text().split('\n');
    expect(shown.at(-2)).toBe(`  ${'x'.repeat(17)}`);
    expect(shown.at(-3)).toMatch(/lasting$/);
  });
});
