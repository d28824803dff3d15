// Every controller there is, one line each, in the order in which they are built.
import { bootstrapSigner } from '../bootstrap-signer/bootstrap-signer.ts';
import { certificateSigningRequestApproving } from '../certificatesigningrequest-approving/certificatesigningrequest-approving.ts';
import { certificateSigningRequestCleaner } from '../certificatesigningrequest-cleaner/certificatesigningrequest-cleaner.ts';
import { certificateSigningRequestSigning } from '../certificatesigningrequest-signing/certificatesigningrequest-signing.ts';
import { clusterRoleAggregation } from '../clusterrole-aggregation/clusterrole-aggregation.ts';
import { cronJob } from '../cronjob/cronjob.ts';
import { daemonSet } from '../daemonset/daemonset.ts';
import { deployment } from '../deployment/deployment.ts';
import { disruption } from '../disruption/disruption.ts';
import { endpoints } from '../endpoints/endpoints.ts';
import { endpointSlice } from '../endpointslice/endpointslice.ts';
import { endpointSliceMirroring } from '../endpointslice-mirroring/endpointslice-mirroring.ts';
import { garbageCollector } from '../garbage-collector/garbage-collector.ts';
import { horizontalPodAutoscaler } from '../horizontal-pod-autoscaler/horizontal-pod-autoscaler.ts';
import { job } from '../job/job.ts';
import { legacyServiceAccountTokenCleaner } from '../legacy-serviceaccount-token-cleaner/legacy-serviceaccount-token-cleaner.ts';
import { namespace } from '../namespace/namespace.ts';
import { nodeIpam } from '../node-ipam/node-ipam.ts';
import { nodeLifecycle } from '../node-lifecycle/node-lifecycle.ts';
import { podGarbageCollector } from '../pod-garbage-collector/pod-garbage-collector.ts';
import { replicaSet } from '../replicaset/replicaset.ts';
import { replicationController } from '../replicationcontroller/replicationcontroller.ts';
import { resourceQuota } from '../resourcequota/resourcequota.ts';
import { rootCACertificatePublisher } from '../root-ca-certificate-publisher/root-ca-certificate-publisher.ts';
import { serviceCIDR } from '../service-cidr/service-cidr.ts';
import { serviceAccount } from '../serviceaccount/serviceaccount.ts';
import { serviceAccountToken } from '../serviceaccount-token/serviceaccount-token.ts';
import { statefulSet } from '../statefulset/statefulset.ts';
import { taintEviction } from '../taint-eviction/taint-eviction.ts';
import { tokenCleaner } from '../token-cleaner/token-cleaner.ts';
import { ttl } from '../ttl/ttl.ts';
import { ttlAfterFinished } from '../ttl-after-finished/ttl-after-finished.ts';
import { validatingAdmissionPolicyStatus } from '../validatingadmissionpolicy-status/validatingadmissionpolicy-status.ts';
import type { ControllerDescriptor } from './descriptor.ts';

export const controllerDescriptors: readonly ControllerDescriptor[] = [
  serviceAccountToken,
  endpoints,
  endpointSlice,
  endpointSliceMirroring,
  replicationController,
  podGarbageCollector,
  resourceQuota,
  namespace,
  serviceAccount,
  garbageCollector,
  daemonSet,
  job,
  deployment,
  replicaSet,
  horizontalPodAutoscaler,
  disruption,
  statefulSet,
  cronJob,
  certificateSigningRequestSigning,
  certificateSigningRequestApproving,
  certificateSigningRequestCleaner,
  ttl,
  bootstrapSigner,
  tokenCleaner,
  nodeIpam,
  nodeLifecycle,
  clusterRoleAggregation,
  ttlAfterFinished,
  rootCACertificatePublisher,
  legacyServiceAccountTokenCleaner,
  validatingAdmissionPolicyStatus,
  taintEviction,
  serviceCIDR,
];
