#!/usr/bin/env node
// The command's entry. Compiled code is kept between starts (types are stripped and functions compiled once: a start from a
// clone takes a third of the time), and everything else is loaded after that is switched on.
import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

const cache = new URL('../node_modules/.cache/pgplane/compile', import.meta.url);
if (existsSync(new URL('../node_modules', import.meta.url))) enableCompileCache(fileURLToPath(cache));
// Node runs TypeScript directly from a clone, but not inside node_modules: the published package carries compiled files.
const compiled = new URL('../dist/cli/main.js', import.meta.url);
await import(existsSync(compiled) ? compiled.href : new URL('./main.ts', import.meta.url).href);
