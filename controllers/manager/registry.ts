// Every controller there is, one line each, in the order in which they are built.
import { deployment } from '../deployment/deployment.ts';
import { replicaSet } from '../replicaset/replicaset.ts';
import { replicationController } from '../replicationcontroller/replicationcontroller.ts';
import { rootCACertificatePublisher } from '../root-ca-certificate-publisher/root-ca-certificate-publisher.ts';
import { serviceAccount } from '../serviceaccount/serviceaccount.ts';
import { statefulSet } from '../statefulset/statefulset.ts';
import type { ControllerDescriptor } from './descriptor.ts';

export const controllerDescriptors: readonly ControllerDescriptor[] = [
  serviceAccount,
  replicationController,
  deployment,
  replicaSet,
  statefulSet,
  rootCACertificatePublisher,
];
