import type { Operation } from '../../operation.ts';
import { beat } from './beat.ts';
import { changeAgent } from './change.ts';
import { createAgent } from './create.ts';
import { listAgents } from './list.ts';
import { getAgent, getMyAgent } from './read.ts';
import { setAgentState, setMyState } from './state.ts';

/** Those of fixed paths come before those with an id in their place. */
export const agentsOperations: readonly Operation[] = [
  createAgent,
  listAgents,
  getMyAgent,
  setMyState,
  beat,
  getAgent,
  changeAgent,
  setAgentState,
];
