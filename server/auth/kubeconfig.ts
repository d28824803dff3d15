// The kubeconfig that clients are given (clientcmd.k8s.io v1), with everything embedded.
import type { CertificatePair } from './certificate.ts';

export interface KubeconfigOptions {
  /** `https://host:port`. */
  server: string;
  /** PEM of the CA that signed the serving certificate. */
  certificateAuthority: string;
  /** How to authenticate: a client certificate or a bearer token. */
  credentials: CertificatePair | { token: string };
  /** The context's, cluster's and (with `user` absent) user's name. */
  name?: string;
  user?: string;
  namespace?: string;
}

/** The YAML text of a kubeconfig with one cluster, one user and one context, `pgplane` by default. */
export function kubeconfig(options: KubeconfigOptions): string {
  const name = JSON.stringify(options.name ?? 'pgplane');
  const user = JSON.stringify(options.user ?? options.name ?? 'pgplane');
  const base64 = (pem: string) => Buffer.from(pem).toString('base64');
  const credentials =
    'token' in options.credentials
      ? [`    token: ${JSON.stringify(options.credentials.token)}`]
      : [
          `    client-certificate-data: ${base64(options.credentials.certificate)}`,
          `    client-key-data: ${base64(options.credentials.key)}`,
        ];
  return [
    'apiVersion: v1',
    'kind: Config',
    'clusters:',
    `- name: ${name}`,
    '  cluster:',
    `    server: ${JSON.stringify(options.server)}`,
    `    certificate-authority-data: ${base64(options.certificateAuthority)}`,
    'contexts:',
    `- name: ${name}`,
    '  context:',
    `    cluster: ${name}`,
    `    user: ${user}`,
    ...(options.namespace === undefined ? [] : [`    namespace: ${JSON.stringify(options.namespace)}`]),
    `current-context: ${name}`,
    'preferences: {}',
    'users:',
    `- name: ${user}`,
    '  user:',
    ...credentials,
    '',
  ].join('\n');
}
