// `device`, as CEL selectors of devices see it: the environment that they are compiled in and the value that they are evaluated with
// (k8s.io/dynamic-resource-allocation/cel/compile.go).
import { quantityOf } from '../quantity.ts';
import type { CelEnvironment } from './cel.ts';
import { baseEnvironment } from './environment.ts';
import { libraryTypes } from './functions.ts';
import { QuantityValue } from './library/quantities.ts';
import { parseSemver } from './library/semvers.ts';
import { boolType, boundedString, CelType, mapType, objectType } from './types.ts';
import { CelMap, type CelValue } from './values.ts';

const maxDomainLength = 63;
const maxIdLength = 32;
const maxDriverLength = 63;
const maxValueLength = 64;
const maxEntries = 32;

const environments: { selector?: CelEnvironment } = {};

/** The environment with `device`: driver, attributes and capacity by domain and identifier. */
export function selectorEnvironment(): CelEnvironment {
  environments.selector ??= baseEnvironment().extend({ variables: { device: newDeviceType() }, bindMacro: true });
  return environments.selector;
}

function newDeviceType(): CelType {
  const [domain, id] = [boundedString(maxDomainLength), boundedString(maxIdLength)];
  const quantity = libraryTypes().get('kubernetes.Quantity') as CelType;
  const bounds = { maxElements: maxEntries };
  const byName = (value: CelType): CelType => mapType(domain, mapType(id, value, bounds), bounds);
  return objectType('kubernetes.DRADevice', {
    driver: boundedString(maxDriverLength),
    attributes: byName(new CelType('any', 'any', [], { maxElements: maxValueLength })),
    capacity: byName(quantity),
    allowMultipleAllocations: boolType,
  });
}

/** A device as ResourceSlices have it. */
export interface SelectableDevice {
  driver: string;
  allowMultipleAllocations?: boolean;
  attributes?: Readonly<Record<string, { int?: number; bool?: boolean; string?: string; version?: string }>>;
  capacity?: Readonly<Record<string, { value: string }>>;
}

/** A map that has `missing`, if there is one, for keys that it does not have. */
class Entries extends CelMap {
  readonly #values: ReadonlyMap<string, CelValue>;
  readonly #missing: CelValue | undefined;

  constructor(values: ReadonlyMap<string, CelValue>, missing?: CelValue) {
    super();
    this.#values = values;
    this.#missing = missing;
  }

  get size(): number {
    return this.#values.size;
  }

  find(key: CelValue): CelValue | undefined {
    return typeof key === 'string' ? (this.#values.get(key) ?? this.#missing) : undefined;
  }

  keys(): CelValue[] {
    return [...this.#values.keys()];
  }
}

/** Values by domain, then by identifier; a name without a domain is in the driver's. Domains that do not exist are empty. */
function byDomain<T>(
  named: Readonly<Record<string, T>> | undefined,
  driver: string,
  toValue: (item: T) => CelValue,
): CelValue {
  const domains = new Map<string, Map<string, CelValue>>();
  for (const [name, item] of Object.entries(named ?? {})) {
    const slash = name.indexOf('/');
    const [domain, id] = slash < 0 ? [driver, name] : [name.slice(0, slash), name.slice(slash + 1)];
    const values = domains.get(domain) ?? new Map<string, CelValue>();
    domains.set(domain, values.set(id, toValue(item)));
  }
  return new Entries(
    new Map([...domains].map(([domain, values]) => [domain, new Entries(values)])),
    new Entries(new Map()),
  );
}

/** What `device` is. Throws for a version that is none. */
export function deviceValue({ driver, allowMultipleAllocations, attributes, capacity }: SelectableDevice): CelValue {
  const attributeValue = (attribute: NonNullable<SelectableDevice['attributes']>[string]): CelValue => {
    if (attribute.int !== undefined) return BigInt(attribute.int);
    if (attribute.bool !== undefined) return attribute.bool;
    if (attribute.version !== undefined) return parseSemver(attribute.version);
    return attribute.string ?? '';
  };
  return new Entries(
    new Map<string, CelValue>([
      ['driver', driver],
      ['allowMultipleAllocations', allowMultipleAllocations ?? false],
      ['attributes', byDomain(attributes, driver, attributeValue)],
      ['capacity', byDomain(capacity, driver, ({ value }) => new QuantityValue(quantityOf(value)))],
    ]),
  );
}
