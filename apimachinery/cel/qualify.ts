/**
 * Reading a field, key or index of a value. Behaviour: cel-go interpreter/attributes.go (refQualify) and common/types/list.go.
 */
import { EvaluationFault } from './errors.ts';
import { formatValue } from './value-format.ts';
import { CelList, CelMap, CelOptional, CelUint, type CelValue, typeName } from './values.ts';

/** What is at `key`, or undefined. Throws where the key is of a kind that the container cannot have. */
export function find(container: CelValue, key: CelValue): CelValue | undefined {
  if (container instanceof CelMap) return container.find(key);
  if (container instanceof CelList) {
    const index = listIndex(key);
    return index >= 0 && index < container.size ? container.at(index) : undefined;
  }
  return undefined;
}

/** What is at `key`; of an optional, an optional. Throws `no such key: x` or `index out of bounds: 3`. */
export function qualify(container: CelValue, key: CelValue): CelValue {
  if (container instanceof CelOptional) return qualifyOptional(container, key);
  const value = find(container, key);
  if (value !== undefined) return value;
  const fault = container instanceof CelList ? 'index out of bounds' : 'no such key';
  throw new EvaluationFault(`${fault}: ${formatValue(key)}`);
}

/** `container.?key`: an optional of what is there. */
export function qualifyOptional(container: CelValue, key: CelValue): CelOptional {
  const inner = container instanceof CelOptional ? container.value : container;
  const value = inner === undefined ? undefined : find(inner, key);
  return value === undefined ? CelOptional.none : CelOptional.of(value);
}

/** `has(container.key)`. */
export function isPresent(container: CelValue, key: CelValue): boolean {
  const inner = container instanceof CelOptional ? container.value : container;
  return inner !== undefined && find(inner, key) !== undefined;
}

function listIndex(key: CelValue): number {
  if (typeof key === 'bigint') return Number(key);
  if (key instanceof CelUint) return Number(key.value);
  if (typeof key === 'number') {
    if (Number.isInteger(key)) return key;
    throw new EvaluationFault(`unsupported index value ${formatValue(key)} in list`);
  }
  throw new EvaluationFault(`unsupported index type '${typeName(key)}' in list`);
}
