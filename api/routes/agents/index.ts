import type { Operation } from '../../operation.ts';
import { assignCall, assignPreview, listenIn } from './assign.ts';
import { beat } from './beat.ts';
import { getMyCall, listMyCalls, writeMyCallDown } from './calls.ts';
import { changeAgent } from './change.ts';
import { createAgent } from './create.ts';
import { listAgents } from './list.ts';
import { acceptPreview, skipPreview } from './previews.ts';
import { getAgent, getMyAgent } from './read.ts';
import { listSeats, streamSeats } from './seats.ts';
import { setAgentState, setMyState } from './state.ts';
import { streamMySeat } from './stream.ts';

/** Those of fixed paths come before those with an id in their place. */
export const agentsOperations: readonly Operation[] = [
  createAgent,
  listAgents,
  getMyAgent,
  setMyState,
  beat,
  streamMySeat,
  acceptPreview,
  skipPreview,
  listMyCalls,
  getMyCall,
  writeMyCallDown,
  listSeats,
  streamSeats,
  assignPreview,
  assignCall,
  listenIn,
  getAgent,
  changeAgent,
  setAgentState,
];
