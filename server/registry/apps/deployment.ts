// Deployment (pkg/registry/apps/deployment).
import { nameIsDNSSubdomain } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import { scaleSubresource } from '../autoscaling/scale.ts';
import { defaultPodTemplate } from '../core/pod-defaults.ts';
import { podNameWarning } from '../core/pod-name-warning.ts';
import { podTemplateWarnings } from '../core/pod-warnings.ts';
import {
  allVerbs,
  keepStatus,
  type RequestContext,
  type ResourceDescriptor,
  statusSubresource,
} from '../descriptor.ts';
import { defaultTo, defaultZero, ensure, type Fields, keepAllButStatus } from '../fields.ts';
import {
  age,
  ageColumn,
  column,
  containerCells,
  containersColumn,
  fieldColumn,
  imagesColumn,
  labelSelectorString,
  nameColumn,
} from '../print.ts';
import {
  validateDeployment,
  validateDeploymentStatusUpdate,
  validateDeploymentUpdate,
} from './deployment-validation.ts';

const specFields = 'io.k8s.api.apps.v1.DeploymentSpec';
const statusFields = 'io.k8s.api.apps.v1.DeploymentStatus';

export const deployment: ResourceDescriptor = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  resource: 'deployments',
  singular: 'deployment',
  namespaced: true,
  shortNames: ['deploy'],
  categories: ['all'],
  verbs: allVerbs,
  storageVersionHash: '8aSe+NMegvE=',
  stored: true,
  subresources: [
    scaleSubresource('apps', 'deployments'),
    statusSubresource({
      resetFields: ['spec', 'metadata.labels'],
      prepareForUpdate: prepareStatusUpdate,
      validateUpdate: validateDeploymentStatusUpdate,
    }),
  ],
  printer: {
    columns: [
      nameColumn,
      column('Ready', 'Number of the pod with ready state'),
      fieldColumn('Up-to-date', statusFields, 'updatedReplicas'),
      fieldColumn('Available', statusFields, 'availableReplicas'),
      ageColumn,
      containersColumn,
      imagesColumn,
      fieldColumn('Selector', specFields, 'selector', { wide: true }),
    ],
    cells(object, { now }) {
      const spec = (object['spec'] ?? {}) as Fields;
      const status = (object['status'] ?? {}) as Fields;
      return [
        object.metadata.name ?? '',
        `${status['readyReplicas'] ?? 0}/${spec['replicas'] ?? 0}`,
        status['updatedReplicas'] ?? 0,
        status['availableReplicas'] ?? 0,
        age(object, now),
        ...containerCells(spec['template']?.spec?.containers),
        labelSelectorString(spec['selector']) ?? '<invalid>',
      ];
    },
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: true,
  // Annotations count: the controller copies them to the ReplicaSets.
  generationChanged: (object, old) =>
    !semanticEqual(object['spec'], old['spec']) ||
    !semanticEqual(object.metadata.annotations, old.metadata.annotations),
  setDefaults(object) {
    defaultDeploymentSpec(ensure(object, 'spec'));
    ensure(object, 'status');
  },
  prepareForCreate(object) {
    object['status'] = {};
  },
  prepareForUpdate: keepStatus,
  validateName: nameIsDNSSubdomain,
  validate: validateDeployment,
  validateUpdate: validateDeploymentUpdate,
  warnings(object, old) {
    const warnings = podTemplateWarnings(object['spec']?.template, old?.['spec']?.template, 'spec.template');
    return old === undefined ? [...podNameWarning(object.metadata.name), ...warnings] : warnings;
  },
};

/** SetDefaults_Deployment. */
function defaultDeploymentSpec(spec: Fields): void {
  defaultTo(spec, 'replicas', 1);
  const strategy = ensure(spec, 'strategy');
  defaultZero(strategy, 'type', 'RollingUpdate');
  if (strategy['type'] === 'RollingUpdate') {
    const rollingUpdate = ensure(strategy, 'rollingUpdate');
    defaultTo(rollingUpdate, 'maxUnavailable', '25%');
    defaultTo(rollingUpdate, 'maxSurge', '25%');
  }
  defaultTo(spec, 'revisionHistoryLimit', 10);
  defaultTo(spec, 'progressDeadlineSeconds', 600);
  defaultPodTemplate(ensure(spec, 'template'));
}

/** Labels belong to the main resource as well. */
function prepareStatusUpdate(object: KubeObject, old: KubeObject, context: RequestContext): void {
  keepAllButStatus(object, old, context);
  if (old.metadata.labels === undefined) delete object.metadata.labels;
  else object.metadata.labels = old.metadata.labels;
}
