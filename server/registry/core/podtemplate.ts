// PodTemplate (pkg/registry/core/podtemplate).
import { nameIsDNSSubdomain } from '../../../apimachinery/names.ts';
import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { ensure } from '../fields.ts';
import { column, containerCells, formatLabels, nameColumn } from '../print.ts';
import { defaultPodTemplate } from './pod-defaults.ts';
import { podTemplateWarnings } from './pod-warnings.ts';
import { validatePodTemplateSpec } from './podspec-validation.ts';

export const podTemplate: ResourceDescriptor = {
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  resource: 'podtemplates',
  singular: 'podtemplate',
  namespaced: true,
  verbs: allVerbs,
  storageVersionHash: 'LIXB2x4IFpk=',
  stored: true,
  subresources: [],
  printer: {
    columns: [
      nameColumn,
      column('Containers', 'Names of each container in the template.'),
      column('Images', 'Images referenced by each container in the template.'),
      column('Pod Labels', 'The labels for the pod template.'),
    ],
    cells: (object) => [
      object.metadata.name ?? '',
      ...containerCells(object['template']?.spec?.containers),
      formatLabels(object['template']?.metadata?.labels),
    ],
  },
  returnsDeletedObject: true,
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: true,
  setDefaults: (object) => defaultPodTemplate(ensure(object, 'template')),
  validateName: nameIsDNSSubdomain,
  validate: (object) => validatePodTemplateSpec(object['template'], 'template'),
  validateUpdate: (object) => validatePodTemplateSpec(object['template'], 'template'),
  warnings: (object, old) => podTemplateWarnings(object['template'], old?.['template'], 'template'),
};
