// Binding: posted by schedulers, never stored. `pods/binding` is the way schedulers take; `bindings` is its older twin.
import type { ResourceDescriptor } from '../descriptor.ts';

export const binding: ResourceDescriptor = {
  group: '',
  version: 'v1',
  kind: 'Binding',
  resource: 'bindings',
  singular: 'binding',
  namespaced: true,
  verbs: ['create'],
  storageVersionHash: '',
  stored: false,
  subresources: [],
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: false,
  hasGeneration: false,
};
