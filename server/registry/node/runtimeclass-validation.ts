// What a RuntimeClass must be (pkg/apis/node/validation).
import { duplicate, type FieldError, required } from '../../../apimachinery/field.ts';
import { isDNS1123Label } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { invalidEach, validateImmutableField, validateLabels } from '../../../apimachinery/validation.ts';
import { checkContainerResources } from '../core/resource-validation.ts';
import { checkTolerations } from '../core/scheduling-validation.ts';
import { type Fields, listOf } from '../fields.ts';
import { internalForm } from '../internal-form.ts';

function repeatedTolerations(tolerations: readonly Fields[], field: string): FieldError[] {
  const seen = new Set<string>();
  return tolerations.flatMap((toleration, index) => {
    const { key = '', operator = '', value = '', effect = '' } = toleration;
    const identity = JSON.stringify([key, operator, value, effect]);
    if (seen.has(identity))
      return [duplicate(`${field}[${index}]`, internalForm(toleration, 'io.k8s.api.core.v1.Toleration'))];
    seen.add(identity);
    return [];
  });
}

function validateScheduling(scheduling: Fields): FieldError[] {
  const field = 'scheduling.tolerations';
  const tolerations = listOf(scheduling['tolerations']);
  const errors = validateLabels(scheduling['nodeSelector'], 'scheduling.nodeSelector');
  checkTolerations(tolerations, field, errors);
  return [...errors, ...repeatedTolerations(tolerations, field)];
}

/** ValidateRuntimeClass. The pod overhead is checked as the limits of a container are. */
export function validateRuntimeClass(object: KubeObject): FieldError[] {
  const { handler = '', overhead, scheduling } = object;
  const errors = handler === '' ? [required('handler')] : invalidEach('handler', handler, isDNS1123Label(handler));
  if (overhead) checkContainerResources({ limits: overhead.podFixed ?? {} }, new Set(), 'overhead', errors);
  return scheduling ? [...errors, ...validateScheduling(scheduling)] : errors;
}

/** ValidateRuntimeClassUpdate: the handler stays. */
export function validateRuntimeClassUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  return [...validateRuntimeClass(object), ...validateImmutableField(object['handler'], old['handler'], 'handler')];
}
