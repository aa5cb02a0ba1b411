import type { Operation } from '../../operation.ts';
import { getDialling } from './read.ts';
import { resumeEverything } from './resume-everything.ts';
import { resumeDialling } from './resume.ts';
import { stopEverything } from './stop-everything.ts';
import { stopDialling } from './stop.ts';

export const diallingOperations: readonly Operation[] = [
  getDialling,
  stopDialling,
  resumeDialling,
  stopEverything,
  resumeEverything,
];
