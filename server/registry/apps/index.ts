// The apps group, in the order in which discovery lists it.
import type { ResourceDescriptor } from '../descriptor.ts';
import { controllerRevision } from './controllerrevision.ts';
import { daemonSet } from './daemonset.ts';
import { deployment } from './deployment.ts';
import { replicaSet } from './replicaset.ts';
import { statefulSet } from './statefulset.ts';

export const apps: readonly ResourceDescriptor[] = [controllerRevision, daemonSet, deployment, replicaSet, statefulSet];
