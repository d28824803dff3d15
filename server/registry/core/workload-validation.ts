// What all objects that make pods from a template share: selector and template agree, pods always restart, counts are not negative.
import { type FieldError, forbidden, invalid, notSupported, required } from '../../../apimachinery/field.ts';
import { SelectorError, selectorFromObject } from '../../../apimachinery/selectors.ts';
import { validateLabelSelector } from '../../../apimachinery/validation.ts';
import type { Fields } from '../fields.ts';
import { checkNonnegative } from './checks.ts';

/** Not negative, each of the named numbers of `object`. */
export function checkCounts(object: Fields, fields: readonly string[], path: string, errors: FieldError[]): void {
  for (const field of fields) checkNonnegative(object[field], `${path}.${field}`, errors);
}

/** Replicas that a status counts must be among all of them. */
export function checkNotMoreThan(
  status: Fields,
  fields: readonly string[],
  total: string,
  detail: string,
  errors: FieldError[],
): void {
  for (const field of fields) {
    const value = status[field] ?? 0;
    if (value > (status[total] ?? 0)) errors.push(invalid(`status.${field}`, value, detail));
  }
}

/** A count of collisions only grows. */
export function checkNotDecremented(status: Fields, old: Fields, errors: FieldError[]): void {
  const value = status['collisionCount'] ?? 0;
  if (old['collisionCount'] === undefined || value >= old['collisionCount']) return;
  errors.push(invalid('status.collisionCount', value, 'cannot be decremented'));
}

/** spec.selector: there, sound, and not empty. `what` names the kind in upstream's words. */
export function checkSelector(spec: Fields, what: string, errors: FieldError[]): void {
  const selector = spec['selector'] as Fields | null | undefined;
  if (!selector) {
    errors.push(required('spec.selector'));
    return;
  }
  errors.push(...validateLabelSelector(selector, 'spec.selector'));
  if (isEmptySelector(selector))
    errors.push(invalid('spec.selector', selector, `empty selector is invalid for ${what}`));
}

export function isEmptySelector(selector: Fields): boolean {
  return Object.keys(selector['matchLabels'] ?? {}).length + (selector['matchExpressions'] ?? []).length === 0;
}

/**
 * Whether the selector picks the template's pods; undefined when the selector cannot be read. No selector picks nothing, an empty
 * one everything.
 */
export function selectsTemplate(
  selector: Fields | null | undefined,
  template: Fields | null | undefined,
): boolean | undefined {
  try {
    return selectorFromObject(selector).matches(template?.['metadata']?.labels);
  } catch (error) {
    if (error instanceof SelectorError) return undefined;
    throw error;
  }
}

export const selectorMismatch = '`selector` does not match template `labels`';

/** Pods of these kinds run until they are deleted. `kind` stands in the message. */
export function checkAlwaysRestarts(template: Fields, kind: string, path: string, errors: FieldError[]): void {
  const spec = (template['spec'] ?? {}) as Fields;
  if (spec['restartPolicy'] !== 'Always') {
    errors.push(notSupported(`${path}.spec.restartPolicy`, spec['restartPolicy'] ?? '', ['Always']));
  }
  if (spec['activeDeadlineSeconds'] !== undefined && spec['activeDeadlineSeconds'] !== null) {
    const detail = `activeDeadlineSeconds in ${kind} is not Supported`;
    errors.push(forbidden(`${path}.spec.activeDeadlineSeconds`, detail));
  }
}
