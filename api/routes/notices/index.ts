import type { Operation } from '../../operation.ts';
import { listNotices } from './list.ts';
import { publishNotice } from './publish.ts';

export const noticesOperations: readonly Operation[] = [publishNotice, listNotices];
