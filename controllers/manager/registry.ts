// Every controller there is, one line each, in the order in which they are built.
import { garbageCollector } from '../garbage-collector/garbage-collector.ts';
import { job } from '../job/job.ts';
import { namespace } from '../namespace/namespace.ts';
import { resourceQuota } from '../resourcequota/resourcequota.ts';
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
];
