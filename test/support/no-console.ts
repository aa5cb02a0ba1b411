import { afterEach, beforeEach, expect, vi, type MockInstance } from 'vitest';

/** Code under test must not write to the console: what people need to know goes through its logger. */
const METHODS = ['log', 'info', 'warn', 'error', 'debug'] as const;

let spies: MockInstance[] = [];

beforeEach(() => {
  spies = METHODS.map((method) => vi.spyOn(console, method));
});

afterEach(() => {
  for (const [index, spy] of spies.entries()) {
    expect(spy, `console.${METHODS[index]} was called`).not.toHaveBeenCalled();
    spy.mockRestore();
  }
});
