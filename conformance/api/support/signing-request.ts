// A certificate signing request, made by openssl as a user would make it.
import { execFileSync } from 'node:child_process';
import type { Document } from './client.ts';

/** A CertificateSigningRequest for CN=me of a signer that nobody serves. */
export function signingRequest(name: string): Document {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '/dev/null'];
  const arguments_ = ['req', '-new', ...key, '-subj', '/CN=me'];
  const pem = execFileSync('openssl', arguments_, { stdio: ['ignore', 'pipe', 'ignore'] });
  return {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name },
    spec: { request: pem.toString('base64'), signerName: 'example.com/signer', usages: ['client auth'] },
  };
}
