/**
 * Quantities. Behaviour: apiserver pkg/cel/library/quantity.go.
 */
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  type Quantity,
  QuantityError,
  subtractQuantities,
} from '../../quantity.ts';
import { EvaluationFault } from '../errors.ts';
import { type OverloadRow, quantityType } from '../functions.ts';
import { CelOpaque, type CelValue } from '../values.ts';

const nanosPerUnit = 1_000_000_000n;

/** A quantity as a CEL value. */
export class QuantityValue extends CelOpaque {
  override readonly type = quantityType;
  readonly quantity: Quantity;

  constructor(quantity: Quantity) {
    super();
    this.quantity = quantity;
  }

  override equals(other: CelValue): boolean {
    return other instanceof QuantityValue && compareQuantities(this.quantity, other.quantity) === 0;
  }

  override toJSON(): string {
    return formatQuantity(this.quantity);
  }
}

function parse(text: string): QuantityValue {
  try {
    return new QuantityValue(parseQuantity(text));
  } catch (error) {
    if (error instanceof QuantityError) throw new EvaluationFault(error.message);
    throw error;
  }
}

function isQuantity(text: string): boolean {
  try {
    parseQuantity(text);
    return true;
  } catch (error) {
    if (error instanceof QuantityError) return false;
    throw error;
  }
}

/** The whole number, if it is one of 64 bits. */
function integerOf({ quantity: { nanos } }: QuantityValue): bigint | undefined {
  const value = nanos / nanosPerUnit;
  return nanos % nanosPerUnit === 0n && BigInt.asIntN(64, value) === value ? value : undefined;
}

function asInteger(quantity: QuantityValue): bigint {
  const value = integerOf(quantity);
  if (value === undefined) throw new EvaluationFault('cannot convert value to integer');
  return value;
}

function compare(a: QuantityValue, b: QuantityValue): number {
  return Math.sign(compareQuantities(a.quantity, b.quantity));
}

function ofInteger(value: bigint): Quantity {
  return { nanos: value * nanosPerUnit, format: 'DecimalExponent' };
}

type Q = QuantityValue;

/** The rows of the quantity library. */
export function quantityRows(): OverloadRow[] {
  return [
    ['quantity', 'string_to_quantity', '(string) Quantity', parse],
    ['isQuantity', 'is_quantity_string', '(string) bool', isQuantity],
    [
      'sign',
      'quantity_sign',
      '(Quantity) int',
      ({ quantity }: Q) => (quantity.nanos > 0n ? 1n : quantity.nanos < 0n ? -1n : 0n),
    ],
    ['isGreaterThan', 'quantity_is_greater_than', 'Quantity.(Quantity) bool', (a: Q, b: Q) => compare(a, b) > 0],
    ['isLessThan', 'quantity_is_less_than', 'Quantity.(Quantity) bool', (a: Q, b: Q) => compare(a, b) < 0],
    ['compareTo', 'quantity_compare_to', 'Quantity.(Quantity) int', (a: Q, b: Q) => BigInt(compare(a, b))],
    [
      'asApproximateFloat',
      'quantity_get_float',
      'Quantity.() double',
      ({ quantity }: Q) => Number(quantity.nanos) / 1e9,
    ],
    ['asInteger', 'quantity_get_int', 'Quantity.() int', asInteger],
    ['isInteger', 'quantity_is_integer', 'Quantity.() bool', (quantity: Q) => integerOf(quantity) !== undefined],
    [
      'add',
      'quantity_add',
      'Quantity.(Quantity) Quantity',
      (a: Q, b: Q) => new QuantityValue(addQuantities(a.quantity, b.quantity)),
    ],
    [
      'add',
      'quantity_add_int',
      'Quantity.(int) Quantity',
      (a: Q, b: bigint) => new QuantityValue(addQuantities(a.quantity, ofInteger(b))),
    ],
    [
      'sub',
      'quantity_sub',
      'Quantity.(Quantity) Quantity',
      (a: Q, b: Q) => new QuantityValue(subtractQuantities(a.quantity, b.quantity)),
    ],
    [
      'sub',
      'quantity_sub_int',
      'Quantity.(int) Quantity',
      (a: Q, b: bigint) => new QuantityValue(subtractQuantities(a.quantity, ofInteger(b))),
    ],
  ];
}
