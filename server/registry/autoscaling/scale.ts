// The scale subresource: an autoscaling/v1 Scale made from a replicated object and written back to it
// (scaleFromDeployment and its like in pkg/registry/apps, pkg/registry/core/replicationcontroller).
import type { FieldError } from '../../../apimachinery/field.ts';
import { nameIsDNSSubdomain } from '../../../apimachinery/names.ts';
import { apiVersionOf, type KubeObject } from '../../../apimachinery/object.ts';
import { newConflict } from '../../../apimachinery/status.ts';
import { validateNonnegativeField, validateObjectMeta } from '../../../apimachinery/validation.ts';
import { type Printer, type SubresourceDescriptor, statusVerbs } from '../descriptor.ts';
import { ensure, type Fields } from '../fields.ts';
import { age, ageColumn, column, fieldColumn, labelSelectorString, labelSetString, nameColumn } from '../print.ts';

/** How Scale prints; its name column has no format. */
export const scalePrinter: Printer = {
  columns: [
    { ...column('Name', ''), description: nameColumn.description },
    fieldColumn('Desired', 'io.k8s.api.autoscaling.v1.ScaleSpec', 'replicas', { type: 'integer' }),
    fieldColumn('Available', 'io.k8s.api.autoscaling.v1.ScaleStatus', 'replicas', { type: 'integer' }),
    ageColumn,
  ],
  cells: (object, { now }) => [
    object.metadata.name ?? '',
    object['spec']?.replicas ?? 0,
    object['status']?.replicas ?? 0,
    age(object, now),
  ],
};

/** A ReplicationController selects by a plain map of labels, the others by a label selector. */
function selectorOf(object: KubeObject): string {
  const selector = object['spec']?.selector as Fields | undefined;
  return object.kind === 'ReplicationController' ? labelSetString(selector) : (labelSelectorString(selector) ?? '');
}

/** The Scale of a ReplicationController, Deployment, ReplicaSet or StatefulSet. */
export function toScale(object: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = (object['spec']?.replicas ?? 0) as number;
  const selector = selectorOf(object);
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: {
      ...(name === undefined ? {} : { name }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    },
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: object['status']?.replicas ?? 0, ...(selector === '' ? {} : { selector }) },
  };
}

/** ValidateScale; errors go into a 422 of kind Scale.autoscaling. */
export function validateScale(scale: KubeObject): FieldError[] {
  return [
    ...validateObjectMeta(scale.metadata, { namespaced: true, validateName: nameIsDNSSubdomain }),
    ...validateNonnegativeField(scale['spec']?.replicas, 'spec.replicas'),
  ];
}

/**
 * Writes a validated Scale back to `object`, in place: its replicas, and its resourceVersion as the precondition.
 * `resource` names the subresource in the 409 for a uid that is not the object's: `{ group: 'apps', resource: 'deployments/scale' }`.
 */
export function applyScale(object: KubeObject, scale: KubeObject, resource: { group: string; resource: string }): void {
  const { uid, resourceVersion } = scale.metadata;
  if (uid && uid !== object.metadata.uid) {
    const message = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${object.metadata.uid}`;
    throw newConflict(resource, object.metadata.name ?? '', message);
  }
  ensure(object, 'spec')['replicas'] = scale['spec']?.replicas ?? 0;
  if (resourceVersion) object.metadata.resourceVersion = resourceVersion;
  else delete object.metadata.resourceVersion;
}

/** Versions that have had replicated kinds; managers of those that are no longer served are still told from unknown ones. */
const replicatedVersions = ['v1', 'v1beta1', 'v1beta2'];

/** The `/scale` subresource of a resource that has replicas and a selector. */
export function scaleSubresource(group: string, resource: string): SubresourceDescriptor {
  return {
    name: 'scale',
    verbs: statusVerbs,
    kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
    read: toScale,
    write(parent, written) {
      const errors = validateScale(written);
      if (errors.length === 0) applyScale(parent, written, { group, resource: `${resource}/scale` });
      return errors;
    },
    replicasPaths: Object.fromEntries(
      replicatedVersions.map((version) => [apiVersionOf(group, version), ['f:spec', 'f:replicas']]),
    ),
    printer: scalePrinter,
  };
}
