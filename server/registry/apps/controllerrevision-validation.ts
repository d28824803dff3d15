// ControllerRevision (pkg/apis/apps/validation validateControllerRevision).
import { type FieldError, required } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { validateImmutableField } from '../../../apimachinery/validation.ts';
import { checkNonnegative } from '../core/checks.ts';

export function validateControllerRevision(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const data = object['data'];
  checkNonnegative(object['revision'] as number | undefined, 'revision', errors);
  if (data === undefined || data === null) errors.push(required('data', 'data is mandatory'));
  else if (typeof data !== 'object' || Array.isArray(data))
    errors.push(required('data', 'data must be a valid JSON object'));
  return errors;
}

export function validateControllerRevisionUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  checkNonnegative(object['revision'] as number | undefined, 'revision', errors);
  errors.push(...validateImmutableField(object['data'], old['data'], 'data'));
  return errors;
}
