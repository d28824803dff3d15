// The fields that `spec.versions[].subresources.scale` points to (apiextensions-apiserver pkg/registry/customresource validator.go;
// apimachinery unstructured.NestedInt64 and NestedString).
import { type FieldError, invalid } from '../field.ts';
import { goType, printGo } from '../go-print.ts';
import { isObject } from './schema.ts';

/** apiextensions.k8s.io/v1 CustomResourceSubresourceScale. Paths are `.spec.replicas`. */
export interface ScalePaths {
  specReplicasPath: string;
  statusReplicasPath: string;
  labelSelectorPath?: string;
}

const maxInt32 = 2147483647;

/** A value at a path, or Go's words for why there cannot be one. Neither where a field on the way is missing. */
export interface Nested {
  value?: unknown;
  error?: string;
}

function accessorError(path: readonly string[], value: unknown, expected: string): string {
  return `.${path.join('.')} accessor error: ${printGo(value)} is of the type ${goType(value)}, expected ${expected}`;
}

/** unstructured.NestedFieldNoCopy of `.spec.replicas`, and that it is of the type. A null on the way counts as missing. */
export function nestedField(object: unknown, path: string, expected: 'int64' | 'string'): Nested {
  const steps = path.replace(/^\./, '').split('.');
  let value = object;
  for (const [i, step] of steps.entries()) {
    if (value === null || value === undefined) return {};
    if (!isObject(value)) return { error: accessorError(steps.slice(0, i + 1), value, 'map[string]interface{}') };
    if (!Object.hasOwn(value, step)) return {};
    value = value[step];
  }
  return goType(value) === expected ? { value } : { error: accessorError(steps, value, expected) };
}

function validateReplicas(object: unknown, path: string): FieldError[] {
  const { value, error } = nestedField(object, path, 'int64');
  if (error !== undefined) return [invalid(path, 0, error)];
  const replicas = (value ?? 0) as number;
  if (replicas < 0) return [invalid(path, replicas, 'should be a non-negative integer')];
  return replicas > maxInt32 ? [invalid(path, replicas, `should be less than or equal to ${maxInt32}`)] : [];
}

/** ValidateScaleSpec. */
export function validateScaleSpec(object: unknown, scale: ScalePaths | undefined): FieldError[] {
  return scale === undefined ? [] : validateReplicas(object, scale.specReplicasPath);
}

/** ValidateScaleStatus. */
export function validateScaleStatus(object: unknown, scale: ScalePaths | undefined): FieldError[] {
  if (scale === undefined) return [];
  const errors = validateReplicas(object, scale.statusReplicasPath);
  if (scale.labelSelectorPath === undefined) return errors;
  const { error } = nestedField(object, scale.labelSelectorPath, 'string');
  return error === undefined ? errors : [...errors, invalid(scale.labelSelectorPath, '', error)];
}
