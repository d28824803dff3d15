#!/usr/bin/env node
// The installed command. Node runs TypeScript directly from a clone, but not inside node_modules: the published package carries
// compiled files beside the sources.
import { existsSync } from 'node:fs';

const compiled = new URL('../dist/cli/main.js', import.meta.url);
await import(existsSync(compiled) ? compiled.href : new URL('./main.ts', import.meta.url).href);
