import { describe, expect, it } from 'vitest';
import { slotHere } from '../../db/repositories/send-slots.ts';

describe('a send slot on this machine', () => {
  // The database says at 1000 that the slot is at 1400.
  const taken = { slot: 1_400, now: 1_000 };

  it('is when the database says, where both clocks can be right', () => {
    expect(slotHere(taken, 990, 1_020)).toBe(1_400);
    expect(slotHere(taken, 1_000, 1_000)).toBe(1_400);
  });
  it('comes later on a clock that is ahead, so that nobody sends before it is their turn', () => {
    expect(slotHere(taken, 3_000, 3_010)).toBe(3_400);
  });
  it('comes earlier on a clock that is behind, so that nobody sends in the turn of others', () => {
    expect(slotHere(taken, -1_010, -1_000)).toBe(-600);
  });
});
