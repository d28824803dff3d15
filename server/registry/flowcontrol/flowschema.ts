import { allVerbs, dropStatus, keepStatus, type ResourceDescriptor } from '../descriptor.ts';
import { defaultZero, ensure, listOf } from '../fields.ts';
import { age, ageColumn, column, fieldColumn, nameColumn } from '../print.ts';
import { statusOnlySubresource } from '../status-metadata.ts';
import { validateFlowControlConditions, validateFlowSchema } from './flowschema-validation.ts';

const specDefinition = 'io.k8s.api.flowcontrol.v1.FlowSchemaSpec';
const defaultMatchingPrecedence = 1000;

/** flowcontrol.apiserver.k8s.io/v1 FlowSchema. */
export const flowSchema: ResourceDescriptor = {
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'FlowSchema',
  resource: 'flowschemas',
  singular: 'flowschema',
  namespaced: false,
  verbs: allVerbs,
  storageVersionHash: 'GJVAJZSZBIw=',
  stored: true,
  subresources: [statusOnlySubresource({ validateUpdate: validateFlowControlConditions })],
  printer: {
    columns: [
      nameColumn,
      fieldColumn('PriorityLevel', 'io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationReference', 'name'),
      fieldColumn('MatchingPrecedence', specDefinition, 'matchingPrecedence'),
      fieldColumn('DistinguisherMethod', specDefinition, 'distinguisherMethod'),
      ageColumn,
      column('MissingPL', 'references a broken or non-existent PriorityLevelConfiguration'),
    ],
    cells: (object, { now }) => [
      object.metadata.name ?? '',
      object['spec']?.priorityLevelConfiguration?.name ?? '',
      object['spec']?.matchingPrecedence ?? 0,
      object['spec']?.distinguisherMethod?.type ?? '<none>',
      age(object, now),
      listOf(object['status']?.conditions).find((condition) => condition['type'] === 'Dangling')?.['status'] ?? '?',
    ],
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: true,
  setDefaults(object) {
    defaultZero(ensure(object, 'spec'), 'matchingPrecedence', defaultMatchingPrecedence);
  },
  prepareForCreate: dropStatus,
  prepareForUpdate: keepStatus,
  validate: validateFlowSchema,
  validateUpdate: validateFlowSchema,
};
