import type { KubeObject } from '../../../apimachinery/object.ts';
import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { age, ageColumn, fieldColumn, nameColumn } from '../print.ts';
import { dropListAttributes, setTaintDefaults } from './defaults.ts';
import { validateSlice } from './slice-validation.ts';

const specDefinition = 'io.k8s.api.resource.v1.ResourceSliceSpec';

function warnings(object: KubeObject): string[] {
  const driver = (object['spec']?.driver ?? '') as string;
  if (driver === driver.toLowerCase()) return [];
  return [`spec.driver: driver names should be lowercase; ${JSON.stringify(driver)} contains uppercase characters`];
}

/** resource.k8s.io/v1 ResourceSlice. */
export const resourceSlice: ResourceDescriptor = {
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceSlice',
  resource: 'resourceslices',
  singular: 'resourceslice',
  namespaced: false,
  verbs: allVerbs,
  storageVersionHash: 'KsC072WgaEY=',
  stored: true,
  subresources: [],
  selectableFields: {
    'spec.nodeName': (object) => object['spec']?.nodeName ?? '',
    'spec.driver': (object) => object['spec']?.driver ?? '',
  },
  printer: {
    columns: [
      nameColumn,
      fieldColumn('Node', specDefinition, 'nodeName'),
      fieldColumn('Driver', specDefinition, 'driver'),
      fieldColumn('Pool', 'io.k8s.api.resource.v1.ResourcePool', 'name'),
      ageColumn,
    ],
    cells: (object, { now }) => [
      object.metadata.name ?? '',
      object['spec']?.nodeName ?? '',
      object['spec']?.driver ?? '',
      object['spec']?.pool?.name ?? '',
      age(object, now),
    ],
  },
  returnsDeletedObject: true,
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: true,
  setDefaults(object) {
    setTaintDefaults(object['spec']?.devices);
    dropListAttributes(object['spec']?.devices);
  },
  validate: (object) => validateSlice(object),
  validateUpdate: validateSlice,
  warnings,
};
