// The one table of everything that is served: routes, discovery, OpenAPI and the stores are loops over it.
import { groupResourceOf } from '../../apimachinery/object.ts';
import { admissionregistration } from './admissionregistration/index.ts';
import { apiextensions } from './apiextensions/index.ts';
import { apiregistration } from './apiregistration/index.ts';
import { apps } from './apps/index.ts';
import { authentication } from './authentication/index.ts';
import { authorization } from './authorization/index.ts';
import { autoscaling } from './autoscaling/index.ts';
import { batch } from './batch/index.ts';
import { certificates } from './certificates/index.ts';
import { coordination } from './coordination/index.ts';
import { core } from './core/index.ts';
import type { ResourceDescriptor } from './descriptor.ts';
import { discovery } from './discovery/index.ts';
import { events } from './events/index.ts';
import { flowcontrol } from './flowcontrol/index.ts';
import { networking } from './networking/index.ts';
import { node } from './node/index.ts';
import { policy } from './policy/index.ts';
import { rbac } from './rbac/index.ts';
import { resource } from './resource/index.ts';
import { scheduling } from './scheduling/index.ts';
import { storage } from './storage/index.ts';

/**
 * Every resource, group by group in the order in which clients resolve an unqualified name (groupPriorityMinimum, highest first),
 * and within a group in discovery's order.
 */
export const resources: readonly ResourceDescriptor[] = [
  ...core,
  ...apiregistration,
  ...apps,
  ...events,
  ...authentication,
  ...authorization,
  ...autoscaling,
  ...batch,
  ...certificates,
  ...networking,
  ...policy,
  ...rbac,
  ...storage,
  ...admissionregistration,
  ...apiextensions,
  ...scheduling,
  ...coordination,
  ...node,
  ...discovery,
  ...resource,
  ...flowcontrol,
];

function key(group: string, version: string, resourceName: string): string {
  return `${groupResourceOf(group, resourceName)}/${version}`;
}

const byName = new Map(
  resources.flatMap((descriptor) =>
    [descriptor.version, ...(descriptor.otherVersions ?? []).map(({ version }) => version)].map(
      (version) => [key(descriptor.group, version, descriptor.resource), descriptor] as const,
    ),
  ),
);

/** The descriptor of a resource in any version that is served; undefined where nothing of that name is. */
export function findResource(group: string, version: string, resourceName: string): ResourceDescriptor | undefined {
  return byName.get(key(group, version, resourceName));
}
