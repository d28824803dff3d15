// Client certificates: the common name is the user, the organizations are the groups
// (k8s.io/apiserver pkg/authentication/request/x509).
import { createHash, X509Certificate } from 'node:crypto';
import { readSubject } from '../certificate.ts';
import type { AuthenticationRequest, Authenticator, UserInfo } from '../types.ts';
import { credentialIdKey } from '../user.ts';

function userOf(certificate: X509Certificate): UserInfo | null {
  const { commonName, organizations, uid } = readSubject(certificate);
  if (commonName === '') return null;
  const fingerprint = createHash('sha256').update(certificate.raw).digest('hex');
  return {
    name: commonName,
    ...(uid === undefined ? {} : { uid }),
    groups: organizations ?? [],
    extra: { [credentialIdKey]: [`X509SHA256=${fingerprint}`] },
  };
}

/**
 * Trusts the certificate that TLS has verified against the client CA. It is parsed once per connection, and a connection that
 * outlives its certificate is refused. A certificate without a common name authenticates nobody.
 */
export function newX509Authenticator(now: () => number = Date.now): Authenticator {
  const expiryMs = new WeakMap<AuthenticationRequest['connection'], number>();
  return {
    authenticate(request) {
      const { connection } = request;
      if (connection.userFromCertificate === undefined) {
        const raw = request.peerCertificate();
        const certificate = raw === undefined ? undefined : new X509Certificate(raw);
        connection.userFromCertificate = certificate === undefined ? null : userOf(certificate);
        if (certificate !== undefined) expiryMs.set(connection, certificate.validToDate.getTime());
      }
      if (connection.userFromCertificate === null) return undefined;
      if (now() > (expiryMs.get(connection) ?? Number.POSITIVE_INFINITY))
        throw new Error('x509: certificate has expired or is not yet valid');
      return { user: connection.userFromCertificate };
    },
  };
}

/** The one for real time. */
export const x509Authenticator: Authenticator = newX509Authenticator();
