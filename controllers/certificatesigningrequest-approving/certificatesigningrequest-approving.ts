// certificatesigningrequest-approving-controller: approves kubelets' client certificates where the requester may have them
// (pkg/controller/certificates/approver/sarapprove.go).
import { timestamp } from '../../client/clock.ts';
import { Controller } from '../../client/controller.ts';
import { CertificateSigningRequest } from '../../client/kinds.ts';
import type { ControllerDescriptor } from '../manager/descriptor.ts';
import {
  certificateRateLimiter,
  hasCondition,
  kubeletClientError,
  type ParsedRequest,
  parseRequest,
} from '../shared/certificate-requests.ts';

const workers = 5;
const kubeletSigner = 'kubernetes.io/kube-apiserver-client-kubelet';

/** Which subresource a requester must be allowed to create, and what is said then; the first that is allowed counts. */
const recognizers = [
  {
    subresource: 'selfnodeclient',
    recognize: ({ spec }: CertificateSigningRequest, { commonName }: ParsedRequest) => spec.username === commonName,
    message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
  },
  {
    subresource: 'nodeclient',
    recognize: () => true,
    message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
  },
] as const;

export const certificateSigningRequestApproving: ControllerDescriptor = {
  name: 'certificatesigningrequest-approving-controller',
  aliases: ['csrapproving'],
  build({ informers, client, log, clock }) {
    const requests = informers.of(CertificateSigningRequest);
    const account = client('certificate-controller');
    const api = account.resource(CertificateSigningRequest);

    const mayCreate = async ({ spec }: CertificateSigningRequest, subresource: string): Promise<boolean> => {
      const attributes = {
        group: 'certificates.k8s.io',
        version: '*',
        resource: 'certificatesigningrequests',
        verb: 'create',
        subresource,
      };
      const { username, uid, groups, extra } = spec;
      const review = await account.request<{ status?: { allowed?: boolean } }>({
        method: 'POST',
        path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
        body: {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SubjectAccessReview',
          spec: { user: username, uid, groups, extra, resourceAttributes: attributes },
        },
      });
      return review.status?.allowed === true;
    };

    const reconcile = async (name: string): Promise<void> => {
      const request = requests.lister.get(undefined, name);
      if (request === undefined || request.status?.certificate) return;
      if (hasCondition(request, 'Approved') || hasCondition(request, 'Denied')) return;
      if (request.spec.signerName !== kubeletSigner) return;
      const parsed = await parseRequest(request.spec.request);
      if (kubeletClientError(parsed, request.spec.usages ?? []) !== undefined) return;
      const tried = recognizers.filter(({ recognize }) => recognize(request, parsed));
      for (const { subresource, message } of tried) {
        if (!(await mayCreate(request, subresource))) continue;
        const lastUpdateTime = timestamp(clock.now());
        const condition = { type: 'Approved', status: 'True', reason: 'AutoApproved', message, lastUpdateTime };
        const conditions = [...(request.status?.conditions ?? []), condition];
        await api.updateSubresource({ name }, 'approval', { ...request, status: { ...request.status, conditions } });
        return;
      }
      // Rights may be given later.
      const names = tried.map(({ subresource }) => subresource).join(' ');
      throw new Error(`recognized csr "${name}" as [${names}] but subject access review was not approved`);
    };

    return new Controller({
      name: 'certificatesigningrequest-approving-controller',
      workers,
      reconcile,
      rateLimiter: certificateRateLimiter(clock),
      log,
      clock,
    }).watch(requests);
  },
};
