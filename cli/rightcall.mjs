#!/usr/bin/env node
// The installed command: runs cli/main.ts through the same TypeScript loader as everything else.
import { register } from 'tsx/esm/api';

register();
await import('./main.ts');
