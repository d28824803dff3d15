// The command that tries definitions from files on any Kubernetes API server: see README.md.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { ApiClient, type Document } from '../api/support/client.ts';
import { tryDefinition } from './try-definition.ts';

/** The definitions in a file, of whatever else is in it. */
function definitionsOf(file: string): Document[] {
  const documents = parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS() as Document);
  return documents.filter((document) => document?.kind === 'CustomResourceDefinition');
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { url: { type: 'string' }, token: { type: 'string', default: '' } },
  });
  if (values.url === undefined || positionals.length === 0) {
    process.stderr.write('usage: run.ts --url https://127.0.0.1:PORT [--token TOKEN] FILES…\n');
    return 2;
  }
  const api = new ApiClient({ port: Number(new URL(values.url).port), token: values.token });
  let failed = 0;
  const definitions = positionals.flatMap(definitionsOf);
  for (const definition of definitions) {
    const { name, servedMs, failures, refused } = await tryDefinition(api, definition);
    if (failures.length > 0) failed += 1;
    const words = failures.length > 0 ? failures.map((failure) => `FAILED ${failure}`) : [`served in ${servedMs} ms`];
    const notes = refused.map((refusal) => `minimal object refused in ${refusal}`);
    process.stdout.write(`${name}: ${[...words, ...notes].join('; ')}\n`);
  }
  process.stdout.write(`${definitions.length - failed} of ${definitions.length} definitions passed\n`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main();
