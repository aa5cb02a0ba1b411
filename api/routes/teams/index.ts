import type { Operation } from '../../operation.ts';
import { changeTeam } from './change.ts';
import { createTeam } from './create.ts';
import { listTeams } from './list.ts';
import { getTeam } from './read.ts';

export const teamsOperations: readonly Operation[] = [createTeam, listTeams, getTeam, changeTeam];
