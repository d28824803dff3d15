// What the schema of one version of a custom resource does to its objects, as the registry's hooks need it.
import type { UnstructuredSchema } from '../../apimachinery/decode/unstructured.ts';
import type { FieldError } from '../../apimachinery/field.ts';
import type { KubeObject } from '../../apimachinery/object.ts';

export interface VersionSchema extends UnstructuredSchema {
  /** Fills in defaults, in place. */
  applyDefaults(object: KubeObject): void;
  validate(object: KubeObject): FieldError[];
  validateUpdate(object: KubeObject, old: KubeObject): FieldError[];
  /** Only what stands in `status`, and the rules. */
  validateStatusUpdate(object: KubeObject, old: KubeObject): FieldError[];
}
