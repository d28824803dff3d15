import type { KubeObject } from '../../../apimachinery/object.ts';
import { allVerbs, dropStatus, keepStatus, type ResourceDescriptor } from '../descriptor.ts';
import { defaultTo, defaultZero } from '../fields.ts';
import { age, ageColumn, fieldColumn, nameColumn } from '../print.ts';
import { statusOnlySubresource } from '../status-metadata.ts';
import { validateFlowControlConditions } from './flowschema-validation.ts';
import { validatePriorityLevel } from './prioritylevel-validation.ts';

const queuingDefinition = 'io.k8s.api.flowcontrol.v1.QueuingConfiguration';

function setDefaults(object: KubeObject): void {
  const { exempt, limited } = object['spec'] ?? {};
  if (exempt) {
    defaultTo(exempt, 'nominalConcurrencyShares', 0);
    defaultTo(exempt, 'lendablePercent', 0);
  }
  if (!limited) return;
  defaultTo(limited, 'nominalConcurrencyShares', 30);
  defaultTo(limited, 'lendablePercent', 0);
  const queuing = limited.limitResponse?.queuing;
  if (!queuing) return;
  defaultZero(queuing, 'handSize', 8);
  defaultZero(queuing, 'queues', 64);
  defaultZero(queuing, 'queueLengthLimit', 50);
}

/** flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration. */
export const priorityLevelConfiguration: ResourceDescriptor = {
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'PriorityLevelConfiguration',
  resource: 'prioritylevelconfigurations',
  singular: 'prioritylevelconfiguration',
  namespaced: false,
  verbs: allVerbs,
  storageVersionHash: 'Kir5PVfvNeI=',
  stored: true,
  subresources: [statusOnlySubresource({ validateUpdate: validateFlowControlConditions })],
  printer: {
    columns: [
      nameColumn,
      fieldColumn('Type', 'io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationSpec', 'type'),
      fieldColumn(
        'NominalConcurrencyShares',
        'io.k8s.api.flowcontrol.v1.LimitedPriorityLevelConfiguration',
        'nominalConcurrencyShares',
      ),
      fieldColumn('Queues', queuingDefinition, 'queues'),
      fieldColumn('HandSize', queuingDefinition, 'handSize'),
      fieldColumn('QueueLengthLimit', queuingDefinition, 'queueLengthLimit'),
      ageColumn,
    ],
    cells(object, { now }) {
      const limited = object['spec']?.limited;
      const queuing = limited?.limitResponse?.queuing;
      return [
        object.metadata.name ?? '',
        object['spec']?.type ?? '',
        limited ? (limited.nominalConcurrencyShares ?? 0) : '<none>',
        queuing ? (queuing.queues ?? 0) : '<none>',
        queuing ? (queuing.handSize ?? 0) : '<none>',
        queuing ? (queuing.queueLengthLimit ?? 0) : '<none>',
        age(object, now),
      ];
    },
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: true,
  setDefaults,
  prepareForCreate: dropStatus,
  prepareForUpdate: keepStatus,
  validate: validatePriorityLevel,
  validateUpdate: validatePriorityLevel,
};
