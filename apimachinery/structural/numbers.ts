// Numbers against bounds and factors. Go treats int64 and float64 each in its own way (kube-openapi pkg/validation/validate
// values.go).
import { isInt64, printFloat } from '../go-print.ts';
import type { ValueSchema } from './value-schema.ts';

const maxInt32 = 2 ** 31;
const maxFloat32 = 3.4028234663852886e38;

/** swag.IsFloat64AJSONInteger: a float64 that is a safe integer, but for a relative error of 1e-9. */
export function isNearInteger(value: number): boolean {
  if (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER) return false;
  const whole = Math.trunc(value);
  if (whole === value) return true;
  return whole !== 0 && Math.abs(value - whole) / (Math.abs(value) + Math.abs(whole)) < 1e-9;
}

/** What a number breaks, in the order in which upstream finds it. */
export type NumberFault =
  | { kind: 'range'; prefix: string }
  | { kind: 'multipleOf'; factor: string }
  | { kind: 'multipleOfNotPositive'; factor: string }
  | { kind: 'maximum'; bound: string }
  | { kind: 'minimum'; bound: string };

/** IsValueValidAgainstRange: whether a number can be of the type and format that the schema names. */
function fitsRange(value: number, schema: ValueSchema): boolean {
  const type = schema.types.length === 1 ? schema.types[0] : undefined;
  if (type === 'number' && schema.format === 'float') return Math.abs(value) <= maxFloat32;
  if (type !== 'integer') return true;
  if (!isInt64(value)) return false;
  return schema.format !== 'int32' || (value >= -maxInt32 && value < maxInt32);
}

function isMultiple(value: number, factor: number, asInteger: boolean): boolean {
  if (asInteger) return value % Math.trunc(factor) === 0;
  return isNearInteger(factor < 1 ? (1 / factor) * value : value / factor);
}

/** A bound or factor counts as an integer where the value is one, and the bound is of the schema's type. */
function checkMultiple(value: number, factor: number, schema: ValueSchema, faults: NumberFault[]): void {
  const fits = fitsRange(factor, schema);
  if (!fits) faults.push({ kind: 'range', prefix: 'MultipleOf' });
  const asInteger = fits && isInt64(value);
  const used = asInteger ? Math.trunc(factor) : factor;
  const printed = asInteger ? String(used) : printFloat(used);
  if (used <= 0) faults.push({ kind: 'multipleOfNotPositive', factor: printed });
  else if (!isMultiple(value, factor, asInteger)) faults.push({ kind: 'multipleOf', factor: printed });
}

function checkBound(value: number, schema: ValueSchema, which: 'maximum' | 'minimum', faults: NumberFault[]): void {
  const bound = schema[which]!;
  const fits = fitsRange(bound, schema);
  if (!fits) faults.push({ kind: 'range', prefix: which === 'maximum' ? 'Maximum boundary' : 'Minimum boundary' });
  const asInteger = fits && isInt64(value);
  const used = asInteger ? Math.trunc(bound) : bound;
  const exclusive = which === 'maximum' ? schema.exclusiveMaximum : schema.exclusiveMinimum;
  const over = which === 'maximum' ? value > used : value < used;
  if (over || (exclusive && value === used))
    faults.push({ kind: which, bound: asInteger ? String(used) : printFloat(used) });
}

/** Everything that is wrong with the number; empty for most. */
export function numberFaults(value: number, schema: ValueSchema): NumberFault[] {
  const faults: NumberFault[] = [];
  if (!fitsRange(value, schema)) faults.push({ kind: 'range', prefix: 'Checked' });
  if (schema.multipleOf !== undefined) checkMultiple(value, schema.multipleOf, schema, faults);
  // Upstream looks at the maximum first, but reports the minimum before it.
  if (schema.minimum !== undefined) checkBound(value, schema, 'minimum', faults);
  if (schema.maximum !== undefined) checkBound(value, schema, 'maximum', faults);
  return faults;
}
