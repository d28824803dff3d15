// Every controller there is, one line each, in the order in which they are built.
import { endpoints } from '../endpoints/endpoints.ts';
import { endpointSlice } from '../endpointslice/endpointslice.ts';
import { endpointSliceMirroring } from '../endpointslice-mirroring/endpointslice-mirroring.ts';
import { replicaSet } from '../replicaset/replicaset.ts';
import { replicationController } from '../replicationcontroller/replicationcontroller.ts';
import { rootCACertificatePublisher } from '../root-ca-certificate-publisher/root-ca-certificate-publisher.ts';
import { serviceAccount } from '../serviceaccount/serviceaccount.ts';
import type { ControllerDescriptor } from './descriptor.ts';

export const controllerDescriptors: readonly ControllerDescriptor[] = [
  serviceAccount,
  rootCACertificatePublisher,
  endpoints,
  endpointSlice,
  endpointSliceMirroring,
  replicationController,
  replicaSet,
];
