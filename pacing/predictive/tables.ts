import { evenEdges, growingEdges, LifeTable } from './life-table.ts';

/** Seconds: bins for what rings (of one width), and for what agents do (growing, as durations are skewed). */
export const RING_EDGES = evenEdges(2, 60);
export const TALK_EDGES = growingEdges(5, 1.25, 3_600);
export const WRAP_UP_EDGES = growingEdges(2, 1.3, 600);

/** How long everything lasts that a forecast is made of; nothing known yet. */
export function newTables(): Readonly<Record<'answer' | 'otherEnd' | 'talk' | 'wrapUp', LifeTable>> {
  return {
    answer: new LifeTable(RING_EDGES, 0.5),
    otherEnd: new LifeTable(RING_EDGES, 0.5),
    talk: new LifeTable(TALK_EDGES, 1),
    wrapUp: new LifeTable(WRAP_UP_EDGES, 1),
  };
}
