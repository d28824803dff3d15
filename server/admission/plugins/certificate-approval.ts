// Approving takes the permission for the request's signer (kubernetes plugin/pkg/admission/certificates/approval).
import { forbidden, type PluginContext, type ScopedPlugin } from '../plugin.ts';
import { maySign } from './signer-permission.ts';

export function certificateApproval(context: PluginContext): ScopedPlugin {
  return {
    name: 'CertificateApproval',
    operations: ['UPDATE'],
    resources: ['certificatesigningrequests.certificates.k8s.io'],
    async validate(attributes) {
      if (attributes.subresource !== 'approval') return;
      const signerName: string = attributes.old?.['spec']?.signerName ?? '';
      if (!(await maySign(context, attributes, 'approve', signerName)))
        throw forbidden(
          attributes,
          `user not permitted to approve requests with signerName ${JSON.stringify(signerName)}`,
        );
    },
  };
}
