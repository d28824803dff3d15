// Lists of quantities by resource name, and their arithmetic (k8s.io/apiserver pkg/quota/v1 resources.go).
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  type Quantity,
  quantityOf,
  subtractQuantities,
  zeroQuantity,
} from '../quantity.ts';

export type Amounts = ReadonlyMap<string, Quantity>;

const nano = 1_000_000_000n;

/** `count` whole units. */
export function units(count: number): Quantity {
  return { nanos: BigInt(count) * nano, format: 'DecimalSI' };
}

/** A ResourceList as it stands in an object. */
export function amountsOf(list: Readonly<Record<string, unknown>> | null | undefined): Map<string, Quantity> {
  return new Map(Object.entries(list ?? {}).map(([name, value]) => [name, quantityOf(value)]));
}

/** A ResourceList to be put into an object. */
export function resourceListOf(amounts: Amounts): Record<string, string> {
  return Object.fromEntries([...amounts].map(([name, quantity]) => [name, formatQuantity(quantity)]));
}

/** Adds `more` to `total`, in place. */
export function addInto(total: Map<string, Quantity>, more: Amounts): Map<string, Quantity> {
  for (const [name, quantity] of more) {
    const present = total.get(name);
    total.set(name, present === undefined ? quantity : addQuantities(present, quantity));
  }
  return total;
}

/** Raises each amount of `total` to that of `floor`, in place. */
export function raiseTo(total: Map<string, Quantity>, floor: Amounts): Map<string, Quantity> {
  for (const [name, quantity] of floor) {
    const present = total.get(name);
    if (present === undefined || compareQuantities(quantity, present) > 0) total.set(name, quantity);
  }
  return total;
}

export function sum(a: Amounts, b: Amounts): Map<string, Quantity> {
  return addInto(new Map(a), b);
}

/** a - b, and 0 where that would be less; every name of either is there. */
export function subtractWithNonNegativeResult(a: Amounts, b: Amounts): Map<string, Quantity> {
  const result = new Map<string, Quantity>();
  for (const [name, quantity] of a) {
    const rest = subtractQuantities(quantity, b.get(name) ?? zeroQuantity);
    result.set(name, rest.nanos > 0n ? rest : zeroQuantity);
  }
  for (const name of b.keys()) if (!result.has(name)) result.set(name, zeroQuantity);
  return result;
}

/** The amounts of these names only. */
export function mask(amounts: Amounts, names: ReadonlySet<string>): Map<string, Quantity> {
  return new Map([...amounts].filter(([name]) => names.has(name)));
}

export function withoutZeros(amounts: Amounts): Map<string, Quantity> {
  return new Map([...amounts].filter(([, { nanos }]) => nanos !== 0n));
}

/** Names whose amount in `a` is more than in `b`; a name that `b` lacks is not limited. */
export function exceeding(a: Amounts, b: Amounts): Set<string> {
  const names = new Set<string>();
  for (const [name, quantity] of a) {
    const limit = b.get(name);
    if (limit !== undefined && compareQuantities(quantity, limit) > 0) names.add(name);
  }
  return names;
}

/** True when both hold the same names and amounts, however they are written. */
export function sameAmounts(a: Amounts, b: Amounts): boolean {
  if (a.size !== b.size) return false;
  for (const [name, { nanos }] of a) if (b.get(name)?.nanos !== nanos) return false;
  return true;
}

/** `limits.cpu=2,pods=1`: how refusals show amounts. */
export function prettyPrint(amounts: Amounts): string {
  return [...amounts.keys()]
    .sort()
    .map((name) => `${name}=${formatQuantity(amounts.get(name)!)}`)
    .join(',');
}
