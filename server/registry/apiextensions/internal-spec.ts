// The form in which upstream validates a CustomResourceDefinition: what all versions have in common stands once, at the top
// (Convert_v1_CustomResourceDefinitionSpec_To_apiextensions_CustomResourceDefinitionSpec). The paths of its errors tell.
import { isDeepStrictEqual } from 'node:util';
import { type Fields, listOf } from '../fields.ts';

/** Parts of a version that move to the top, with their names there. */
const movable = [
  ['subresources', 'subresources'],
  ['schema', 'validation'],
  ['additionalPrinterColumns', 'additionalPrinterColumns'],
  ['selectableFields', 'selectableFields'],
] as const;

export interface InternalSpec {
  group: string;
  scope: string;
  /** The name of the first version. */
  version: string;
  names: Fields;
  versions: readonly Fields[];
  /** False where the client gave no list at all: it prints as null. */
  hasVersions: boolean;
  subresources?: Fields;
  validation?: Fields;
  additionalPrinterColumns?: readonly Fields[];
  selectableFields?: readonly Fields[];
  conversion?: Fields;
  preserveUnknownFields: boolean;
}

/** `spec` of a CustomResourceDefinition in that form; `spec` itself stays as it is. */
export function internalSpec(spec: Fields): InternalSpec {
  const versions = listOf(spec['versions']).map((version) => ({ ...version }) as Fields);
  const internal: Fields = {
    group: spec['group'] ?? '',
    scope: spec['scope'] ?? '',
    version: versions[0]?.['name'] ?? '',
    names: spec['names'] ?? {},
    versions,
    hasVersions: Array.isArray(spec['versions']),
    conversion: spec['conversion'],
    preserveUnknownFields: spec['preserveUnknownFields'] ?? false,
  };
  for (const [part, top] of movable) {
    const first = versions[0]?.[part];
    if (!versions.every((version) => isDeepStrictEqual(version[part], first))) continue;
    if (first !== undefined) internal[top] = first;
    for (const version of versions) delete version[part];
  }
  return internal as InternalSpec;
}
