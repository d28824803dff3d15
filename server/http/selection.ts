// Which objects a list or watch is about: namespace, name, label selector, field selector.
import { compileFieldSelector, parseFieldSelector } from '../../apimachinery/field-selectors.ts';
import { labelSelectorOfQuery } from '../../apimachinery/selectors.ts';
import type { CachedObject } from '../cache/cached-object.ts';
import { fieldAccessor } from '../registry/field-labels.ts';
import type { Store } from '../registry/store.ts';

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

/** Throws 400 for selectors that do not parse and for fields that the resource cannot be selected by. */
export function selectionOf(store: Store, namespace: string, labelText: string, fieldText: string): Selection {
  const { descriptor } = store;
  const labels = labelSelectorOfQuery(labelText);
  const requirements = parseFieldSelector(fieldText);
  const tests: ((object: CachedObject) => boolean)[] = [];
  if (!labels.empty) tests.push((object) => labels.matches(store.selectableOf(object).labels));
  if (requirements.length > 0) {
    tests.push(
      compileFieldSelector<CachedObject>(requirements, (field) => {
        // Also refuses labels that the resource cannot be selected by.
        fieldAccessor(descriptor, field);
        if (field === 'metadata.name') return (object) => object.name;
        if (field === 'metadata.namespace') return (object) => object.namespace;
        return (object) => store.selectableOf(object).fields[field] ?? '';
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
