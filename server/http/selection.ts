// Which objects a list or watch is about: namespace, name, label selector, field selector.
import { compileFieldSelector, parseFieldSelector } from '../../apimachinery/field-selectors.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { labelSelectorOfQuery } from '../../apimachinery/selectors.ts';
import type { CachedObject, Selectable } from '../cache/cached-object.ts';
import type { ResourceCache } from '../cache/resource-cache.ts';
import type { ResourceDescriptor } from '../registry/descriptor.ts';
import { fieldAccessor } from '../registry/registry.ts';

type Readers = NonNullable<ResourceDescriptor['selectableFields']>;

export interface Selection {
  /** Undefined: all namespaces. */
  namespace: string | undefined;
  /** What a field selector pins metadata.name to. */
  name: string | undefined;
  /** Undefined where namespace and name say everything. */
  matches: ((object: CachedObject) => boolean) | undefined;
  /** Equal keys select the same objects. */
  key: string;
}

/** What selectors can look at, read from an object: of one resource, or of all that share its objects under names of their own. */
export function selectableReader(descriptors: readonly ResourceDescriptor[]): (object: KubeObject) => Selectable {
  const readers = Object.entries(Object.assign({}, ...descriptors.map((one) => one.selectableFields)) as Readers);
  return (object) => {
    const fields: Record<string, string> = {};
    for (const [label, read] of readers) fields[label] = read(object);
    return { labels: object.metadata.labels, fields };
  };
}

/** Throws 400 for selectors that do not parse and for fields that the resource cannot be selected by. */
export function selectionOf(
  cache: ResourceCache,
  descriptor: ResourceDescriptor,
  namespace: string,
  labelText: string,
  fieldText: string,
): Selection {
  const labels = labelSelectorOfQuery(labelText);
  const requirements = parseFieldSelector(fieldText);
  const tests: ((object: CachedObject) => boolean)[] = [];
  if (!labels.empty) tests.push((object) => labels.matches(cache.selectableOf(object).labels));
  if (requirements.length > 0) {
    tests.push(
      compileFieldSelector<CachedObject>(requirements, (field) => {
        // Also refuses labels that the resource cannot be selected by.
        fieldAccessor(descriptor, field);
        if (field === 'metadata.name') return (object) => object.name;
        if (field === 'metadata.namespace') return (object) => object.namespace;
        return (object) => cache.selectableOf(object).fields[field] ?? '';
      }),
    );
  }
  const name = requirements.find(({ field, operator }) => field === 'metadata.name' && operator === '=')?.value;
  const within = requirements.find(({ field, operator }) => field === 'metadata.namespace' && operator === '=')?.value;
  return {
    namespace: namespace === '' ? (descriptor.namespaced ? within : '') : namespace,
    name,
    matches:
      tests.length === 0 ? undefined : tests.length === 1 ? tests[0]! : (object) => tests.every((test) => test(object)),
    key: `${namespace}\n${labelText}\n${fieldText}`,
  };
}
