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
   * Reads metadata as ObjectMeta and takes out, in place, what the schema does not know and nulls that it does not allow. Gives the paths
   * of unknown fields, and upstream's words where the object cannot be read; then the object is of no use.
   */
  coerce(object: JsonObject): { error?: string; unknownFields: string[] };
}

/** Knows metadata, and keeps everything else. */
export const anySchema: UnstructuredSchema = {
  coerce(object) {
    const metadata = (object['metadata'] ?? {}) as Record<string, unknown>;
    const { error, strictErrors } = examineMetadata(metadata);
    if (error !== undefined) return { error, unknownFields: [] };
    object['metadata'] = normalize(metadata, objectMeta(), 'written') as JsonObject;
    return { unknownFields: strictErrors.map((text) => `metadata.${/"(.*)"/.exec(text)?.[1] ?? text}`) };
  },
};

/** Reads `value` as an object of kind `gvk`. `value` may be changed, and the object shares its parts. `strictErrors` are unknown fields. */
export function readUnstructured(
  value: JsonObject,
  gvk: GroupVersionKind,
  schema: UnstructuredSchema,
): Findings & { object: KubeObject } {
  const fields: JsonObject = { ...value, apiVersion: apiVersionOf(gvk.group, gvk.version), kind: gvk.kind };
  const { error, unknownFields } = schema.coerce(fields);
  const strictErrors = unknownFields.map((path) => `unknown field ${JSON.stringify(path)}`);
  const object = fields as unknown as KubeObject;
  object.metadata ??= {};
  return { object, strictErrors, ...(error === undefined ? {} : { error }) };
}

function examineMetadata(metadata: unknown): Findings {
  const definition = objectMeta();
  return fits(metadata, definition) ? { strictErrors: [] } : walk(treeOf(metadata), definition);
}

/** Metadata as Go would write it: hooks leave empty lists and maps behind. */
export function normalizeUnstructured(object: KubeObject): KubeObject {
  return { ...object, metadata: normalize(object.metadata as Record<string, unknown>, objectMeta(), 'stored') };
}

function objectMeta(): Definition {
  return definitionNamed('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta')!;
}
