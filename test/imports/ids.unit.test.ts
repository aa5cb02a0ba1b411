import { describe, expect, it } from 'vitest';
import { validate, version } from 'uuid';
import { newId } from '../../imports/ids.ts';

describe('ids of an import', () => {
  it('are UUIDs of version 7 that sort in the order in which they were made, also within a millisecond', () => {
    const ids = Array.from({ length: 20_000 }, () => newId());
    expect(ids.every((id) => validate(id) && version(id) === 7)).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...ids].sort()).toEqual(ids);
  });
});
