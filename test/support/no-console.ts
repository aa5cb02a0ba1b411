import { afterEach, beforeEach, expect, vi } from 'vitest';

/** Code under test must not write to the console: what people need to know goes through its logger. */
const METHODS = ['log', 'info', 'warn', 'error', 'debug'] as const;

beforeEach(() => {
  for (const method of METHODS) vi.spyOn(console, method);
});

afterEach(() => {
  for (const method of METHODS) {
    expect(vi.mocked(console[method]), `console.${method} was called`).not.toHaveBeenCalled();
  }
  vi.restoreAllMocks();
});
