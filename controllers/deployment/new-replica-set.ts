// The ReplicaSet that a Deployment makes of its template (pkg/controller/deployment/sync.go getNewReplicaSet).
import type { Deployment, ReplicaSet } from '../../client/kinds.ts';
import type { NewObject } from '../../client/resource.ts';
import { newControllerRef } from '../shared/controller-ref.ts';
import { templateHash } from '../shared/hash.ts';
import type { PodTemplateSpec } from '../shared/pod-template.ts';
import { newReplicaSetAnnotations, sizeAnnotations } from './annotations.ts';
import { podTemplateHashLabel } from './replica-sets.ts';
import { newReplicaSetReplicas } from './strategy.ts';

const longestName = 253;

/** Named after the Deployment and the hash of its template, with the hash in labels and selector. Throws for an unknown type of strategy. */
export function newReplicaSet(
  deployment: Deployment,
  old: readonly ReplicaSet[],
  revision: number,
): NewObject<ReplicaSet> {
  const { metadata, status } = deployment;
  const spec = deployment.spec!;
  const template = spec.template;
  const hash = templateHash(template, status?.collisionCount);
  const labels = { ...template.metadata?.labels, [podTemplateHashLabel]: hash };
  const { minReadySeconds } = spec;
  return {
    metadata: {
      name: `${metadata.name.slice(0, longestName - 1 - hash.length)}-${hash}`,
      namespace: metadata.namespace,
      ownerReferences: [newControllerRef(deployment)],
      labels,
      annotations: {
        ...newReplicaSetAnnotations(deployment, undefined, revision),
        ...sizeAnnotations(deployment),
      },
    },
    spec: {
      replicas: newReplicaSetReplicas(deployment, old, 0),
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, [podTemplateHashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}

/** The template as the Deployment had it. */
export function templateWithoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const { [podTemplateHashLabel]: _, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}
