// Every controller there is, one line each, in the order in which they are built.
import { endpoints } from '../endpoints/endpoints.ts';
import { endpointSlice } from '../endpointslice/endpointslice.ts';
import { endpointSliceMirroring } from '../endpointslice-mirroring/endpointslice-mirroring.ts';
import { nodeLifecycle } from '../node-lifecycle/node-lifecycle.ts';
import { replicaSet } from '../replicaset/replicaset.ts';
import { replicationController } from '../replicationcontroller/replicationcontroller.ts';
import { rootCACertificatePublisher } from '../root-ca-certificate-publisher/root-ca-certificate-publisher.ts';
import { serviceAccount } from '../serviceaccount/serviceaccount.ts';
import { taintEviction } from '../taint-eviction/taint-eviction.ts';
import type { ControllerDescriptor } from './descriptor.ts';

export const controllerDescriptors: readonly ControllerDescriptor[] = [
  serviceAccount,
  rootCACertificatePublisher,
  endpoints,
  endpointSlice,
  endpointSliceMirroring,
  nodeLifecycle,
  taintEviction,
  replicationController,
  replicaSet,
];
