// Nobody becomes system:masters by a client certificate request (kubernetes plugin/pkg/admission/certificates/subjectrestriction).
import { subjectOfRequest } from '../../auth/certificate.ts';
import { forbidden, type ScopedPlugin } from '../plugin.ts';

const clientSigner = 'kubernetes.io/kube-apiserver-client';

export function certificateSubjectRestriction(): ScopedPlugin {
  return {
    name: 'CertificateSubjectRestriction',
    operations: ['CREATE'],
    resources: ['certificatesigningrequests.certificates.k8s.io'],
    validate(attributes) {
      const { object: request, subresource } = attributes;
      if (subresource !== '' || request?.['spec']?.signerName !== clientSigner) return;
      let organizations: readonly string[];
      try {
        const pem = Buffer.from(request['spec'].request ?? '', 'base64').toString('utf8');
        organizations = subjectOfRequest(pem).organizations;
      } catch (error) {
        throw forbidden(attributes, `failed to parse CSR: ${(error as Error).message}`);
      }
      if (organizations.includes('system:masters'))
        throw forbidden(attributes, `use of ${clientSigner} signer with system:masters group is not allowed`);
    },
  };
}
