// The field selectors of a custom resource: the paths that its version declares as selectableFields
// (apiextensions-apiserver pkg/registry/customresource strategy.go selectableFields).
import type { ResourceDescriptor } from '../registry/descriptor.ts';
import type { CrdVersion } from './crd.ts';
import { pathFinder } from './path-finder.ts';

export function selectableFieldsOf({
  selectableFields = [],
}: CrdVersion): NonNullable<ResourceDescriptor['selectableFields']> {
  return Object.fromEntries(
    selectableFields.map(({ jsonPath }) => {
      const find = pathFinder(jsonPath);
      return [jsonPath.replace(/^\./, ''), (object) => String(find(object) ?? '')];
    }),
  );
}
