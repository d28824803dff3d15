// What the schema of one version of a custom resource does to its objects, as decoding, conversion and the registry's hooks need it.
import type { UnstructuredSchema } from '../../apimachinery/decode/unstructured.ts';
import { mergeTypeOfKind } from '../../apimachinery/managed-fields/definition-types.ts';
import type { MergeType } from '../../apimachinery/managed-fields/merge-type.ts';
import type { JsonObject, KubeObject } from '../../apimachinery/object.ts';
import { CustomResourceValidator } from '../../apimachinery/structural/custom-resource.ts';
import { StructuralSchema } from '../../apimachinery/structural/structural.ts';
import type { CrdSpec, CrdVersion } from './crd.ts';

export class VersionSchema implements UnstructuredSchema {
  readonly structural: StructuralSchema;
  readonly validator: CustomResourceValidator;
  readonly #preserveUnknownFields: boolean;

  constructor({ group, names, scope, preserveUnknownFields }: CrdSpec, version: CrdVersion) {
    this.structural = StructuralSchema.of(version.schema?.openAPIV3Schema);
    this.#preserveUnknownFields = preserveUnknownFields === true;
    this.validator = new CustomResourceValidator({
      gvk: { group, version: version.name, kind: names.kind },
      namespaced: scope === 'Namespaced',
      schema: this.structural,
      scale: version.subresources?.scale,
    });
  }

  coerce(object: JsonObject): { error?: string; unknownFields: string[] } {
    const { unknown, error } = this.structural.decode(object, { preserveUnknownFields: this.#preserveUnknownFields });
    return { unknownFields: unknown, ...(error === undefined ? {} : { error }) };
  }

  /** The same for what was read from storage: what cannot be read is dropped instead of refused. */
  coerceStored(object: KubeObject): void {
    this.structural.decode(object, { stored: true, preserveUnknownFields: this.#preserveUnknownFields });
  }

  /** How objects merge when they are applied. */
  mergeType(): MergeType {
    return this.structural.mergeType(objectMetaType(), this.#preserveUnknownFields);
  }

  /** True where objects without that field get it. */
  hasDefault(field: string): boolean {
    return this.structural.root.properties?.get(field)?.default !== undefined;
  }

  /** Fills in defaults, in place. */
  applyDefaults(object: KubeObject): void {
    this.structural.applyDefaults(object);
  }
}

/** The type of metadata, which is the same in every kind. */
function objectMetaType(): MergeType {
  const anyKind = mergeTypeOfKind({ group: '', version: 'v1', kind: 'ConfigMap' });
  return anyKind!.map!.fields.get('metadata')!.type;
}
