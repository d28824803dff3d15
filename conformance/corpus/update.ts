// Writes what a server answered into the files of the corpus, as what it should answer. The rest of a file stays as it is written.
import { readFileSync, writeFileSync } from 'node:fs';
import { isMap, isPair, isSeq, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';
import type { Result } from './play.ts';

/** Replaces the `want` of every request of the file at `path`; `results` are in the file's order. */
export function update(path: string, results: readonly Result[]): void {
  const document = parseDocument(readFileSync(path, 'utf8'));
  const requests = document.get('requests') as YAMLSeq<YAMLMap>;
  for (const [i, request] of requests.items.entries()) {
    const want = document.createNode(results[i]!.got) as YAMLMap;
    inLines(want, 3);
    request.set('want', want);
    request.flow = false;
  }
  writeFileSync(path, document.toString({ lineWidth: 0, flowCollectionPadding: false }));
}

/** Lets a node go over several lines down to a depth; what is below, or short, stands in one line. */
function inLines(node: unknown, depth: number): void {
  if (!isMap(node) && !isSeq(node)) return;
  node.flow = depth === 0 || JSON.stringify(node).length < 100;
  if (node.flow) return;
  for (const item of node.items) inLines(isPair(item) ? item.value : item, depth - 1);
}
