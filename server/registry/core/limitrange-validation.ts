// LimitRange (pkg/apis/core/validation ValidateLimitRange).
import { duplicate, type FieldError, forbidden, invalid, required } from '../../../apimachinery/field.ts';
import { isQualifiedName } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { isOvercommitAllowed } from '../../../apimachinery/pod-resources.ts';
import { compareQuantities, parseQuantity, quantityMilliValue, quantityOf } from '../../../apimachinery/quantity.ts';
import { type Fields, listOf } from '../fields.ts';
import { pushInvalid } from './checks.ts';
import { checkContainerResourceName, checkResourceName } from './resource-validation.ts';

const standardTypes = ['Pod', 'Container', 'PersistentVolumeClaim'];

export function validateLimitRange(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const types = new Set<string>();
  listOf(object['spec']?.limits).forEach((item, i) => {
    const type = (item['type'] ?? '') as string;
    const path = `spec.limits[${i}]`;
    checkType(type, `${path}.type`, errors);
    if (types.has(type)) errors.push(duplicate(`${path}.type`, type));
    types.add(type);
    checkItem(item, type, path, errors);
  });
  return errors;
}

function checkType(type: string, path: string, errors: FieldError[]): void {
  const messages = isQualifiedName(type);
  pushInvalid(errors, path, type, messages);
  if (messages.length > 0 || type.includes('/') || standardTypes.includes(type)) return;
  errors.push(invalid(path, type, 'must be a standard limit type or fully qualified'));
}

function checkItem(item: Fields, type: string, path: string, errors: FieldError[]): void {
  const checkName = type === 'Pod' || type === 'Container' ? checkContainerResourceName : checkResourceName;
  const checkNames = (field: string): void => {
    for (const name of Object.keys(item[field] ?? {})) checkName(name, `${path}.${field}[${name}]`, errors);
  };
  checkNames('max');
  checkNames('min');
  for (const field of ['default', 'defaultRequest']) {
    if (type !== 'Pod') checkNames(field);
    else if (Object.keys(item[field] ?? {}).length > 0) {
      errors.push(forbidden(`${path}.${field}`, "may not be specified when `type` is 'Pod'"));
    }
  }
  if (type === 'PersistentVolumeClaim' && !('storage' in (item['min'] ?? {})) && !('storage' in (item['max'] ?? {}))) {
    const detail = 'either minimum or maximum storage value is required, but neither was provided';
    errors.push(required(`${path}.limits`, detail));
  }
  checkNames('maxLimitRequestRatio');
  const lists = ['max', 'min', ...(type === 'Pod' ? [] : ['default', 'defaultRequest']), 'maxLimitRequestRatio'];
  const names = new Set(lists.flatMap((field) => Object.keys(item[field] ?? {})));
  for (const name of names) checkOrder(item, name, type === 'Pod', path, errors);
}

function isMore(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && compareQuantities(quantityOf(a), quantityOf(b)) > 0;
}

/** min ≤ defaultRequest ≤ default ≤ max, for one resource. */
function checkOrder(item: Fields, name: string, isPod: boolean, path: string, errors: FieldError[]): void {
  const of = (field: string): string | undefined => item[field]?.[name];
  const [min, max, ratio] = [of('min'), of('max'), of('maxLimitRequestRatio')];
  const [limit, request] = isPod ? [undefined, undefined] : [of('default'), of('defaultRequest')];
  const refuse = (field: string, shown: string | undefined, detail: string): void => {
    errors.push(invalid(`${path}.${field}[${name}]`, shown, detail));
  };
  if (isMore(min, max)) refuse('min', min, `min value ${min} is greater than max value ${max}`);
  if (isMore(min, request)) {
    refuse('defaultRequest', request, `min value ${min} is greater than default request value ${request}`);
  }
  if (isMore(request, max)) {
    refuse('defaultRequest', request, `default request value ${request} is greater than max value ${max}`);
  }
  if (isMore(request, limit)) {
    refuse('defaultRequest', request, `default request value ${request} is greater than default limit value ${limit}`);
  }
  if (isMore(min, limit)) refuse('default', min, `min value ${min} is greater than default value ${limit}`);
  if (isMore(limit, max)) refuse('default', max, `default value ${limit} is greater than max value ${max}`);
  if (ratio !== undefined) checkRatio(ratio, min, max, `${path}.maxLimitRequestRatio[${name}]`, errors);
  if (
    !isOvercommitAllowed(name) &&
    limit !== undefined &&
    request !== undefined &&
    (isMore(limit, request) || isMore(request, limit))
  ) {
    const detail = `default value ${limit} must equal to defaultRequest value ${request} in ${name}`;
    refuse('defaultRequest', request, detail);
  }
}

function checkRatio(
  ratio: string,
  min: string | undefined,
  max: string | undefined,
  path: string,
  errors: FieldError[],
): void {
  const value = quantityOf(ratio);
  if (compareQuantities(value, parseQuantity('1')) < 0)
    errors.push(invalid(path, ratio, `ratio ${ratio} is less than 1`));
  if (min === undefined || max === undefined) return;
  const most = Number(quantityMilliValue(quantityOf(max))) / Number(quantityMilliValue(quantityOf(min)));
  if (Number(quantityMilliValue(value)) / 1000 <= most) return;
  errors.push(invalid(path, ratio, `ratio ${ratio} is greater than max/min = ${most.toFixed(6)}`));
}
