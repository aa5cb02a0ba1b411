import type { Operation } from '../../operation.ts';
import { getDialling } from './read.ts';
import { resumeDialling } from './resume.ts';
import { stopDialling } from './stop.ts';

export const diallingOperations: readonly Operation[] = [getDialling, stopDialling, resumeDialling];
