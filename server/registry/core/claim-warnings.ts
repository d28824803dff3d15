import { quantityMilliValue, quantityOf } from '../../../apimachinery/quantity.ts';
import type { Fields } from '../fields.ts';

/** Bytes come whole (pkg/api/persistentvolumeclaim GetWarningsForPersistentVolumeClaimSpec). */
export function claimSpecWarnings(spec: Fields, path: string): string[] {
  return ['requests', 'limits'].flatMap((list) => {
    const storage = spec['resources']?.[list]?.storage as string | undefined;
    if (storage === undefined || quantityMilliValue(quantityOf(storage)) % 1000n === 0n) return [];
    return [`${path}.resources.${list}[storage]: fractional byte value "${storage}" is invalid, must be an integer`];
  });
}
