// A Pod as a template says (pkg/controller GetPodFromTemplate).
import { nameIsDNSSubdomain } from '../../apimachinery/names.ts';
import type { OwnerReference } from '../../apimachinery/object.ts';
import type { Pod, ReplicaSet } from '../../client/kinds.ts';
import type { ApiObject, NewObject } from '../../client/resource.ts';

export type PodTemplateSpec = NonNullable<NonNullable<ReplicaSet['spec']>['template']>;
export type PodSpec = NonNullable<Pod['spec']>;

/** The beginning of the names of an object's Pods: its own name and a dash, where names may be that long. */
export function podNamePrefix(name: string): string {
  const prefix = `${name}-`;
  return nameIsDNSSubdomain(prefix, true).length === 0 ? prefix : name;
}

/** The Pod to be created for an owner. It shares what the template holds: copy what is to be changed. */
export function podFromTemplate(
  template: PodTemplateSpec,
  owner: ApiObject,
  controllerRef?: OwnerReference,
): NewObject<Pod> {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  const { namespace, name = '' } = owner.metadata;
  const metadata = {
    generateName: podNamePrefix(name),
    ...(namespace === undefined ? {} : { namespace }),
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(finalizers === undefined ? {} : { finalizers }),
    ...(controllerRef === undefined ? {} : { ownerReferences: [controllerRef] }),
  };
  return { metadata, spec: template.spec! };
}
