// Issuing takes the permission for the request's signer (kubernetes plugin/pkg/admission/certificates/signing).
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import { forbidden, type PluginContext, type ScopedPlugin } from '../plugin.ts';
import { maySign } from './signer-permission.ts';

export function certificateSigning(context: PluginContext): ScopedPlugin {
  return {
    name: 'CertificateSigning',
    operations: ['UPDATE'],
    resources: ['certificatesigningrequests.certificates.k8s.io'],
    async validate(attributes) {
      const { object, old, subresource } = attributes;
      if (subresource !== 'status') return;
      const [now, before] = [object?.['status'] ?? {}, old?.['status'] ?? {}];
      if (now.certificate === before.certificate && semanticEqual(now.conditions, before.conditions)) return;
      const signerName: string = old?.['spec']?.signerName ?? '';
      if (!(await maySign(context, attributes, 'sign', signerName)))
        throw forbidden(
          attributes,
          `user not permitted to sign requests with signerName ${JSON.stringify(signerName)}`,
        );
    },
  };
}
