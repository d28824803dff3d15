/**
 * Values as cel-go prints them in the messages of faults. Behaviour: Go's `%v` of a ref.Val (its native value).
 */
import { formatGoFloat } from './go-format.ts';
import { formatDuration, formatTimestamp } from './time.ts';
import { CelDuration, CelList, CelMap, CelTimestamp, CelUint, type CelValue, typeName } from './values.ts';

/** The text of a value in a fault: `no such key: x`. */
export function formatValue(value: CelValue): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return formatGoFloat(value);
  if (value === null) return 'null';
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value instanceof CelUint) return String(value.value);
  if (value instanceof CelTimestamp) return formatTimestamp(value);
  if (value instanceof CelDuration) return formatDuration(value);
  if (value instanceof CelList)
    return `[${Array.from({ length: Math.min(value.size, 100) }, (_, at) => formatValue(value.at(at))).join(', ')}]`;
  if (value instanceof CelMap) {
    const entries = value.keys().slice(0, 100);
    return `{${entries.map((key) => `${formatValue(key)}: ${formatValue(value.find(key) as CelValue)}`).join(', ')}}`;
  }
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  return typeName(value);
}
