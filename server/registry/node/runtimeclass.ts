import type { KubeObject } from '../../../apimachinery/object.ts';
import { deprecatedNodeLabel } from '../core/node-label-warnings.ts';
import { canonicalizeResourceList } from '../core/resource-lists.ts';
import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { age, ageColumn, column, nameColumn } from '../print.ts';
import { validateRuntimeClass, validateRuntimeClassUpdate } from './runtimeclass-validation.ts';

function warnings(object: KubeObject): string[] {
  return Object.keys(object['scheduling']?.nodeSelector ?? {}).flatMap((label) => {
    const message = deprecatedNodeLabel(label);
    return message === undefined ? [] : [`scheduling.nodeSelector: ${message}`];
  });
}

/** node.k8s.io/v1 RuntimeClass. */
export const runtimeClass: ResourceDescriptor = {
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  resource: 'runtimeclasses',
  singular: 'runtimeclass',
  namespaced: false,
  verbs: allVerbs,
  storageVersionHash: 'WQTu1GL3T2Q=',
  stored: true,
  subresources: [],
  printer: {
    // Upstream looks for the handler's description in the wrong type and finds none.
    columns: [nameColumn, column('Handler', ''), ageColumn],
    cells: (object, { now }) => [object.metadata.name ?? '', object['handler'] ?? '', age(object, now)],
  },
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  hasGeneration: false,
  setDefaults: (object) => canonicalizeResourceList(object['overhead']?.podFixed),
  validate: validateRuntimeClass,
  validateUpdate: validateRuntimeClassUpdate,
  warnings,
};
