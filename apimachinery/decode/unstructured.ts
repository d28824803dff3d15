// Objects without a definition in the schemas: custom resources. Metadata has a structure all the same, and the rest that of the
// resource's own schema, by which it is pruned (apiextensions-apiserver pkg/apiserver customresource_handler.go,
// unstructuredSchemaCoercer; pkg/apiserver/schema/objectmeta).
import { type Definition, definitionNamed } from '../../schemas/schemas.ts';
import { apiVersionOf, type GroupVersionKind, type JsonObject, type KubeObject } from '../object.ts';
import { treeOf } from './json-tree.ts';
import { normalize } from './normalize.ts';
import { fits } from './structure.ts';
import { type Findings, walk } from './walker.ts';

/** What a custom resource's schema does to objects that are read. */
export interface UnstructuredSchema {
  /**
   * Takes out, in place, what the schema does not know, nulls that it does not allow, and unknown metadata of embedded objects. Gives the
   * paths of unknown fields, and upstream's words where the object cannot be read.
   */
  coerce(object: JsonObject): { error?: string; unknownFields: string[] };
}

/** Knows nothing and keeps everything. */
export const anySchema: UnstructuredSchema = { coerce: () => ({ unknownFields: [] }) };

/**
 * Reads `value` as an object of kind `gvk`. `value` may be changed, and the object shares its parts. `strictErrors` are unknown fields;
 * `error` says why it cannot be read, and then `object` is of no use.
 */
export function readUnstructured(
  value: JsonObject,
  gvk: GroupVersionKind,
  schema: UnstructuredSchema,
): Findings & { object: KubeObject } {
  const findings = examineMetadata(value['metadata'] ?? {});
  const object = { ...value, apiVersion: apiVersionOf(gvk.group, gvk.version), kind: gvk.kind } as KubeObject;
  if (findings.error !== undefined) return { ...findings, object };
  object.metadata = normalize((value['metadata'] ?? {}) as Record<string, unknown>, objectMeta());
  const { error, unknownFields } = schema.coerce(object as JsonObject);
  const strictErrors = [
    ...findings.strictErrors.map((message) => message.replace('"', '"metadata.')),
    ...unknownFields.map((path) => `unknown field ${JSON.stringify(path)}`),
  ];
  return { object, strictErrors, ...(error === undefined ? {} : { error }) };
}

function examineMetadata(metadata: unknown): Findings {
  const definition = objectMeta();
  return fits(metadata, definition) ? { strictErrors: [] } : walk(treeOf(metadata), definition);
}

/** Metadata as Go would write it: hooks leave empty lists and maps behind. */
export function normalizeUnstructured(object: KubeObject): KubeObject {
  return { ...object, metadata: normalize(object.metadata as Record<string, unknown>, objectMeta(), true) };
}

function objectMeta(): Definition {
  return definitionNamed('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta')!;
}
