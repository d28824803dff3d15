// Resource lists (`requests`, `limits`, `capacity`, …): maps of resource names to quantities.
import {
  canonicalQuantity,
  formatQuantity,
  parseQuantity,
  QuantityError,
  roundUpToMilli,
} from '../../../apimachinery/quantity.ts';
import type { Fields } from '../fields.ts';

function canonicalOrAsIs(value: unknown): unknown {
  try {
    return canonicalQuantity(value);
  } catch (error) {
    // Decoding has refused what is no quantity; whoever calls this earlier gets it back unchanged.
    if (error instanceof QuantityError) return value;
    throw error;
  }
}

/** Puts the quantity in `object[field]`, where there is one, into its canonical form. */
export function canonicalizeField(object: Fields, field: string): void {
  const value = object[field];
  if (value !== undefined && value !== null) object[field] = canonicalOrAsIs(value);
}

/** Canonical quantities throughout `list`, in place. */
export function canonicalizeResourceList(list: Fields | null | undefined): void {
  if (!list) return;
  for (const name in list) list[name] = canonicalOrAsIs(list[name]);
}

/** SetDefaults_ResourceList: canonical, and nothing finer than thousandths (rounded up). In place. */
export function defaultResourceList(list: Fields | null | undefined): void {
  if (!list) return;
  for (const name in list) {
    const canonical = canonicalOrAsIs(list[name]);
    list[name] = canonical;
    if (typeof canonical !== 'string') continue;
    const last = canonical.charCodeAt(canonical.length - 1);
    const isFine = last === 110 /* n */ || last === 117 /* u */ || canonical.includes('e-');
    if (isFine) list[name] = formatQuantity(roundUpToMilli(parseQuantity(canonical)));
  }
}

/** Defaults `requests` and `limits` of resource requirements. */
export function defaultRequirements(resources: Fields | null | undefined): void {
  if (!resources) return;
  defaultResourceList(resources['limits']);
  defaultResourceList(resources['requests']);
}
