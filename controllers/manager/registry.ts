// Every controller there is, one line each, in the order in which they are built.
import { clusterRoleAggregation } from '../clusterrole-aggregation/clusterrole-aggregation.ts';
import { daemonSet } from '../daemonset/daemonset.ts';
import { deployment } from '../deployment/deployment.ts';
import { endpoints } from '../endpoints/endpoints.ts';
import { endpointSlice } from '../endpointslice/endpointslice.ts';
import { endpointSliceMirroring } from '../endpointslice-mirroring/endpointslice-mirroring.ts';
import { garbageCollector } from '../garbage-collector/garbage-collector.ts';
import { job } from '../job/job.ts';
import { namespace } from '../namespace/namespace.ts';
import { nodeIpam } from '../node-ipam/node-ipam.ts';
import { nodeLifecycle } from '../node-lifecycle/node-lifecycle.ts';
import { replicaSet } from '../replicaset/replicaset.ts';
import { replicationController } from '../replicationcontroller/replicationcontroller.ts';
import { resourceQuota } from '../resourcequota/resourcequota.ts';
import { rootCACertificatePublisher } from '../root-ca-certificate-publisher/root-ca-certificate-publisher.ts';
import { serviceAccount } from '../serviceaccount/serviceaccount.ts';
import { statefulSet } from '../statefulset/statefulset.ts';
import { taintEviction } from '../taint-eviction/taint-eviction.ts';
import { ttl } from '../ttl/ttl.ts';
import type { ControllerDescriptor } from './descriptor.ts';

export const controllerDescriptors: readonly ControllerDescriptor[] = [
  endpoints,
  endpointSlice,
  endpointSliceMirroring,
  clusterRoleAggregation,
  nodeIpam,
  ttl,
  nodeLifecycle,
  taintEviction,
  replicationController,
  resourceQuota,
  namespace,
  serviceAccount,
  garbageCollector,
  job,
  daemonSet,
  deployment,
  replicaSet,
  statefulSet,
  rootCACertificatePublisher,
];
