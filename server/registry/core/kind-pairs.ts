// For tests of defaults and printing: every x.input.yaml of a folder has an x.output.yaml, which says of each object in it what would
// be stored, what is warned of, what is wrong with it, and the row of a table an hour after midnight. UPDATE_PAIRS=1 writes the
// outputs anew.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseAllDocuments, stringify } from 'yaml';
import { normalizeObject } from '../../../apimachinery/decode/decode.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import type { ResourceDescriptor } from '../descriptor.ts';
import { type Body, created, createErrors } from '../kind-harness.ts';

const now = Date.parse('2026-01-01T01:00:00Z');

/** One pair: the path of its input, and the texts to compare. */
export interface KindPair {
  name: string;
  actual: string;
  expected: string;
}

/** The pairs of `folder`, whose objects are of the kinds of `descriptors`. */
export function kindPairs(folder: string, descriptors: readonly ResourceDescriptor[]): KindPair[] {
  const inputs = readdirSync(folder).filter((file) => file.endsWith('.input.yaml'));
  return inputs.map((file) => {
    const output = `${folder}/${file.replace('.input.', '.output.')}`;
    const documents = parseAllDocuments(readFileSync(`${folder}/${file}`, 'utf8'));
    const results = documents.map((document) => resultOf(document.toJS() as KubeObject, descriptors));
    const actual = results
      .map((result) => stringify(result, { lineWidth: 0, aliasDuplicateObjects: false }))
      .join('---\n');
    if (process.env['UPDATE_PAIRS'] === '1') writeFileSync(output, actual);
    return { name: file.replace('.input.yaml', ''), actual, expected: readFileSync(output, 'utf8') };
  });
}

function resultOf(object: KubeObject, descriptors: readonly ResourceDescriptor[]): Body {
  const descriptor = descriptors.find(({ kind }) => kind === object.kind)!;
  const errors = createErrors(descriptor, object as unknown as Body);
  const stored = created(descriptor, object as unknown as Body);
  const warnings = descriptor.warnings?.(stored, undefined) ?? [];
  return {
    stored,
    ...(warnings.length > 0 ? { warnings } : {}),
    ...(errors.length > 0 ? { errors } : {}),
    row: rowOf(object, descriptor),
  };
}

/** Of the object as it is in the input, status and all. */
function rowOf(object: KubeObject, descriptor: ResourceDescriptor): unknown {
  const shown = normalizeObject(structuredClone(object), descriptor);
  descriptor.setDefaults?.(shown);
  return descriptor.printer?.cells(shown, { now });
}
