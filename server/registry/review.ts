import type { ResourceDescriptor } from './descriptor.ts';

/** A kind that is only ever created and answered at once: tokens and access reviews. Its handler is elsewhere; this is what discovery says. */
export function reviewResource(
  of: Pick<ResourceDescriptor, 'group' | 'version' | 'kind' | 'resource' | 'singular' | 'namespaced'>,
): ResourceDescriptor {
  return {
    ...of,
    verbs: ['create'],
    storageVersionHash: '',
    stored: false,
    subresources: [],
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: false,
    hasGeneration: false,
  };
}
