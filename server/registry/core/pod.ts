// Pod (pkg/registry/core/pod).
import { nameIsDNSSubdomain } from '../../../apimachinery/names.ts';
import { allVerbs, keepStatus, type ResourceDescriptor, statusSubresource, statusVerbs } from '../descriptor.ts';
import { listOf } from '../fields.ts';
import { defaultPod } from './pod-defaults.ts';
import { podPrinter } from './pod-printer.ts';
import { validateEphemeralContainersUpdate, validatePodResize } from './pod-resize-validation.ts';
import { validatePodStatusUpdate } from './pod-status-validation.ts';
import {
  podGracePeriodSeconds,
  prepareEphemeralContainersUpdate,
  preparePodForCreate,
  preparePodStatusUpdate,
  prepareResizeUpdate,
} from './pod-strategy.ts';
import { validatePodUpdate } from './pod-update-validation.ts';
import { podWarnings } from './pod-warnings.ts';
import { validatePod } from './podspec-validation.ts';

const streamVerbs = ['create', 'get'] as const;

export const pod: ResourceDescriptor = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  resource: 'pods',
  singular: 'pod',
  namespaced: true,
  shortNames: ['po'],
  categories: ['all'],
  verbs: allVerbs,
  storageVersionHash: 'xPOwRZ+Yhw8=',
  stored: true,
  subresources: [
    { name: 'attach', verbs: streamVerbs, kind: { group: '', version: 'v1', kind: 'PodAttachOptions' } },
    { name: 'binding', verbs: ['create'], kind: { group: '', version: 'v1', kind: 'Binding' } },
    {
      name: 'ephemeralcontainers',
      verbs: statusVerbs,
      ownedFields: [['f:spec', 'f:ephemeralContainers']],
      prepareForUpdate: prepareEphemeralContainersUpdate,
      validateUpdate: validateEphemeralContainersUpdate,
    },
    { name: 'eviction', verbs: ['create'], kind: { group: 'policy', version: 'v1', kind: 'Eviction' } },
    { name: 'exec', verbs: streamVerbs, kind: { group: '', version: 'v1', kind: 'PodExecOptions' } },
    { name: 'log', verbs: ['get'] },
    { name: 'portforward', verbs: streamVerbs, kind: { group: '', version: 'v1', kind: 'PodPortForwardOptions' } },
    {
      name: 'proxy',
      verbs: ['create', 'delete', 'get', 'patch', 'update'],
      kind: { group: '', version: 'v1', kind: 'PodProxyOptions' },
    },
    {
      name: 'resize',
      verbs: statusVerbs,
      ownedFields: ['f:containers', 'f:initContainers'].flatMap((list) =>
        ['f:resources', 'f:resizePolicy'].map((field) => ['f:spec', list, '*', field]),
      ),
      prepareForUpdate: prepareResizeUpdate,
      validateUpdate: validatePodResize,
    },
    statusSubresource({
      resetFields: ['spec', 'metadata.deletionTimestamp', 'metadata.ownerReferences'],
      prepareForUpdate: preparePodStatusUpdate,
      validateUpdate: validatePodStatusUpdate,
    }),
  ],
  selectableFields: {
    'spec.nodeName': (object) => object['spec']?.nodeName ?? '',
    'spec.host': (object) => object['spec']?.nodeName ?? '',
    'spec.restartPolicy': (object) => object['spec']?.restartPolicy ?? '',
    'spec.schedulerName': (object) => object['spec']?.schedulerName ?? '',
    'spec.serviceAccountName': (object) => object['spec']?.serviceAccountName ?? '',
    'spec.hostNetwork': (object) => String(object['spec']?.hostNetwork === true),
    'status.phase': (object) => object['status']?.phase ?? '',
    'status.podIP': (object) => listOf(object['status']?.podIPs)[0]?.['ip'] ?? '',
    // Accepted, and never filled in upstream.
    'status.podIPs': () => '',
    'status.nominatedNodeName': (object) => object['status']?.nominatedNodeName ?? '',
  },
  printer: podPrinter,
  returnsDeletedObject: true,
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: true,
  setDefaults: defaultPod,
  prepareForCreate: preparePodForCreate,
  prepareForUpdate: keepStatus,
  validateName: nameIsDNSSubdomain,
  validate: validatePod,
  validateUpdate: validatePodUpdate,
  warnings: podWarnings,
  gracePeriodSeconds: podGracePeriodSeconds,
};
