// ConfigMap (pkg/registry/core/configmap, validation.ValidateConfigMap).
import { nameIsDNSSubdomain } from '../../../apimachinery/names.ts';
import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { age, ageColumn, fieldColumn, nameColumn } from '../print.ts';
import { validateConfigMap, validateConfigMapUpdate } from './data-validation.ts';

export const configMap: ResourceDescriptor = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  resource: 'configmaps',
  singular: 'configmap',
  namespaced: true,
  shortNames: ['cm'],
  verbs: allVerbs,
  storageVersionHash: 'qFsyl6wFWjQ=',
  stored: true,
  subresources: [],
  printer: {
    columns: [nameColumn, fieldColumn('Data', 'io.k8s.api.core.v1.ConfigMap', 'data'), ageColumn],
    cells(object, { now }) {
      const entries = Object.keys(object['data'] ?? {}).length + Object.keys(object['binaryData'] ?? {}).length;
      return [object.metadata.name ?? '', entries, age(object, now)];
    },
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: false,
  validateName: nameIsDNSSubdomain,
  validate: validateConfigMap,
  validateUpdate: validateConfigMapUpdate,
};
