// Client certificates: the common name is the user, the organizations are the groups
// (k8s.io/apiserver pkg/authentication/request/x509).
import { createHash } from 'node:crypto';
import { readSubject } from '../certificate.ts';
import type { Authenticator, UserInfo } from '../types.ts';
import { credentialIdKey } from '../user.ts';

function userOf(raw: Uint8Array): UserInfo | null {
  const { commonName, organizations, uid } = readSubject(raw);
  if (commonName === '') return null;
  const fingerprint = createHash('sha256').update(raw).digest('hex');
  return {
    name: commonName,
    ...(uid === undefined ? {} : { uid }),
    groups: organizations ?? [],
    extra: { [credentialIdKey]: [`X509SHA256=${fingerprint}`] },
  };
}

/**
 * Trusts the certificate that TLS has verified against the client CA. It is parsed once per connection; a certificate
 * without a common name authenticates nobody.
 */
export const x509Authenticator: Authenticator = {
  authenticate(request) {
    const { connection } = request;
    if (connection.userFromCertificate === undefined) {
      const raw = request.peerCertificate();
      connection.userFromCertificate = raw === undefined ? null : userOf(raw);
    }
    return connection.userFromCertificate === null ? undefined : { user: connection.userFromCertificate };
  },
};
