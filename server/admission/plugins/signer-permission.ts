// Who may approve or sign for a signer (kubernetes pkg/apis/certificates authorization.go).

import type { PluginContext } from '../plugin.ts';
import type { AdmissionAttributes } from '../types.ts';

/** True when the user has the verb on `signers` for the signer's name, or for `<its domain>/*`. */
export async function maySign(
  { authorizer }: PluginContext,
  { user }: AdmissionAttributes,
  verb: 'approve' | 'sign',
  signerName: string,
): Promise<boolean> {
  const domain = signerName.split('/', 1)[0];
  for (const name of [signerName, `${domain}/*`]) {
    const { decision } = await authorizer.authorize({
      user,
      verb,
      name,
      namespace: '',
      group: 'certificates.k8s.io',
      version: '*',
      resource: 'signers',
      subresource: '',
      isResourceRequest: true,
      path: '',
    });
    if (decision === 'Allow') return true;
  }
  return false;
}
