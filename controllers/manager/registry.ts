// Every controller there is, one line each, in the order in which they are built.
import { garbageCollector } from '../garbage-collector/garbage-collector.ts';
import { job } from '../job/job.ts';
import { namespace } from '../namespace/namespace.ts';
import { resourceQuota } from '../resourcequota/resourcequota.ts';
import { deployment } from '../deployment/deployment.ts';
import { replicaSet } from '../replicaset/replicaset.ts';
import { replicationController } from '../replicationcontroller/replicationcontroller.ts';
import { rootCACertificatePublisher } from '../root-ca-certificate-publisher/root-ca-certificate-publisher.ts';
import { serviceAccount } from '../serviceaccount/serviceaccount.ts';
import type { ControllerDescriptor } from './descriptor.ts';

export const controllerDescriptors: readonly ControllerDescriptor[] = [
  serviceAccount,
  rootCACertificatePublisher,
  resourceQuota,
  namespace,
  garbageCollector,
  job,
  replicationController,
  deployment,
  replicaSet,
  rootCACertificatePublisher,
];
