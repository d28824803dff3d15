// Numbers that may be percentages (pkg/apis/apps/validation ValidatePositiveIntOrPercent and its neighbours).
import { type FieldError, invalid } from '../../../apimachinery/field.ts';
import { checkNonnegative } from './checks.ts';

type IntOrPercent = number | string | null | undefined;

const percentPattern = /^[0-9]+%$/;
const percentMessage =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

export function checkPositiveIntOrPercent(value: IntOrPercent, path: string, errors: FieldError[]): void {
  if (typeof value !== 'string') checkNonnegative(value, path, errors);
  else if (!percentPattern.test(value)) errors.push(invalid(path, value, percentMessage));
}

export function checkAtMostWhole(value: IntOrPercent, path: string, errors: FieldError[]): void {
  if (typeof value === 'string' && percentPattern.test(value) && intOrPercentValue(value) > 100) {
    errors.push(invalid(path, value, 'must not be greater than 100%'));
  }
}

/** The number, with or without a percent sign; what is no number counts as 0. */
export function intOrPercentValue(value: IntOrPercent): number {
  if (typeof value === 'number') return value;
  return /^[+-]?[0-9]+%?$/.test(value ?? '') ? Number.parseInt(value!, 10) : 0;
}
