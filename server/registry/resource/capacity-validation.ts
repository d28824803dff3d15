// Capacities of devices that several claims share: which amounts may be asked for (pkg/apis/resource/validation).
import { type FieldError, forbidden, invalid, required } from '../../../apimachinery/field.ts';
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  quantityValue,
} from '../../../apimachinery/quantity.ts';
import type { Fields } from '../fields.ts';
import { validateSet } from './collections.ts';

const maxOptions = 10;

function isLess(a: string, b: string): boolean {
  return compareQuantities(parseQuantity(a), parseQuantity(b)) < 0;
}

function validateOptions(options: readonly string[], preset: string, capacity: string, field: string): FieldError[] {
  const errors: FieldError[] = [];
  options.slice(1).forEach((option, index) => {
    if (isLess(option, options[index]!))
      errors.push(invalid(`${field}[${index + 1}]`, option, 'values must be sorted in ascending order'));
  });
  const validateOption = (option: string, at: string): FieldError[] =>
    isLess(capacity, option) ? [invalid(at, option, `option is larger than capacity value: ${capacity}`)] : [];
  const keyOf = (option: string): string => String(quantityValue(parseQuantity(option)));
  errors.push(...validateSet(options, maxOptions, field, validateOption, keyOf));
  const known = options.some((option) => compareQuantities(parseQuantity(option), parseQuantity(preset)) === 0);
  if (!known) errors.push(invalid(field, preset, 'default value is not valid according to the requestPolicy'));
  return errors;
}

function validateMultiple(value: string, min: string, step: string, field: string): FieldError[] {
  const [amount, low, unit] = [value, min, step].map((text) => quantityValue(parseQuantity(text))) as [
    bigint,
    bigint,
    bigint,
  ];
  if (unit !== 0n && (amount - low) % unit === 0n) return [];
  return [invalid(field, value, `value is not a multiple of a given step (${step}) from (${min})`)];
}

function validateMaximum(max: string, min: string, preset: string, capacity: string, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (isLess(max, min)) errors.push(invalid(field, min, `min is larger than max: ${max}`));
  if (isLess(capacity, max)) errors.push(invalid(field, max, `max is larger than capacity value: ${capacity}`));
  if (isLess(max, preset)) errors.push(invalid(field, preset, `default is more than max: ${max}`));
  return errors;
}

function validateRange({ min, max, step }: Fields, preset: string, capacity: string, field: string): FieldError[] {
  if (min === undefined) return [required(`${field}.min`, 'required when validRange is defined')];
  const errors: FieldError[] = [];
  if (isLess(capacity, min))
    errors.push(invalid(`${field}.min`, min, `min is larger than capacity value: ${capacity}`));
  if (isLess(preset, min)) errors.push(invalid(`${field}.min`, preset, `default is less than min: ${min}`));
  if (max !== undefined) errors.push(...validateMaximum(max, min, preset, capacity, `${field}.max`));
  if (step === undefined) return errors;
  const first = formatQuantity(addQuantities(parseQuantity(min), parseQuantity(step)));
  if (isLess(capacity, first))
    errors.push(invalid(`${field}.step`, step, `one step ${first} is larger than capacity value: ${capacity}`));
  errors.push(...validateMultiple(preset, min, step, `${field}.step`));
  return max === undefined ? errors : [...errors, ...validateMultiple(max, min, step, `${field}.step`)];
}

function validatePolicy(policy: Fields, capacity: string, field: string): FieldError[] {
  const { default: preset, validRange } = policy;
  const options = (policy['validValues'] ?? []) as string[];
  const missing = preset === undefined || preset === null;
  if (options.length > 0 && validRange) {
    const rule = 'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time';
    return [forbidden(field, rule)];
  }
  if (options.length > 0)
    return missing
      ? [required(`${field}.default`, 'required when validValues is defined')]
      : validateOptions(options, preset, capacity, `${field}.validValues`);
  if (!validRange) return [];
  return missing
    ? [required(`${field}.default`, 'required when validRange is defined')]
    : validateRange(validRange, preset, capacity, `${field}.validRange`);
}

/** The capacity of a device; only a device of several allocations says which requests it takes. */
export function validateCapacity(capacity: Fields, field: string, shared: boolean): FieldError[] {
  const { requestPolicy, value = '0' } = capacity;
  if (!requestPolicy) return [];
  return shared
    ? validatePolicy(requestPolicy, value, `${field}.requestPolicy`)
    : [forbidden(`${field}.requestPolicy`, 'allowMultipleAllocations must be true')];
}
