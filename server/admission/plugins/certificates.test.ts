// Who may approve and sign certificates, and for whom.
import { beforeEach, describe, expect, test } from '@jest/globals';
import { admit, attributes, object, resetState, state } from '../harness.ts';

beforeEach(resetState);

describe('certificate signing requests', () => {
  const signerName = 'example.com/one';
  const request = object('CertificateSigningRequest', 'r', { spec: { signerName } });
  const write = (subresource: string, status: object = {}) =>
    admit(
      attributes('certificatesigningrequests', {
        operation: 'UPDATE',
        subresource,
        name: 'r',
        old: request,
        object: { ...request, status },
      }),
    );

  test('approving and signing take the signer’s permission, or that for its domain', async () => {
    await expect(write('approval')).rejects.toThrow(
      'user not permitted to approve requests with signerName "example.com/one"',
    );
    await expect(write('status', { certificate: 'x' })).rejects.toThrow(
      'user not permitted to sign requests with signerName "example.com/one"',
    );
    await write('status');
    state.allowed = ['approve example.com/*', 'sign example.com/one'];
    await write('approval');
    await write('status', { certificate: 'x' });
  });

  test('no request for system:masters', async () => {
    const create = (organization: string) =>
      admit(
        attributes('certificatesigningrequests', {
          object: object('CertificateSigningRequest', 'r', {
            spec: { signerName: 'kubernetes.io/kube-apiserver-client', request: requests[organization] },
          }),
        }),
      );
    await create('dev');
    await expect(create('masters')).rejects.toThrow(
      'use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
    );
    await expect(create('broken')).rejects.toThrow('failed to parse CSR: PEM block type must be CERTIFICATE REQUEST');
  });
});

/** Made by `openssl req -new` for /O=dev/CN=jane and /O=system:masters/CN=jane, base64 as in spec.request. */
const requests: Record<string, string> = {
  dev: 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIWU1IOENBUUF3SFRFTU1Bb0dBMVVFQ2d3RFpHVjJNUTB3Q3dZRFZRUUREQVJxWVc1bE1Ga3dFd1lIS29aSQp6ajBDQVFZSUtvWkl6ajBEQVFjRFFnQUVRbkFFdkZiUTNWUWk0NzRHUVhCTGdTRDJHQ1kzdkUyaDVsZkhQU0ZvCmN6ODl1TnN3dkVRa3NlZDUxSTFpWE9ybDIxUmdIdUwwKzVaZnAyQ2Q0SlZPVTZBQU1Bb0dDQ3FHU000OUJBTUMKQTBrQU1FWUNJUURJK0xOVUFwR09XVit4TzVVYVpCVDcwM1ltK2EzT3Uxb05DbEV6SHVFVW1BSWhBT1dHRFg2WgpwbEdnTVVTWlI3YnF3Q1lpaEtyMmxQUHZ1cFFleU5BNTBGdGUKLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg==',
  masters:
    'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIaU1JR0tBZ0VBTUNneEZ6QVZCZ05WQkFvTURuTjVjM1JsYlRwdFlYTjBaWEp6TVEwd0N3WURWUVFEREFScQpZVzVsTUZrd0V3WUhLb1pJemowQ0FRWUlLb1pJemowREFRY0RRZ0FFWjFjNmdEcWliWmY0cmxNV1dIU0FhZ3VZCkRBUzhJRE1KZGJpK1RvNE1hdUNyQzVOQU1kU2hyL25zVStxaGQzbEZCMm9QOW1BeHA1Y3g5SFB4eGdjdHNLQUEKTUFvR0NDcUdTTTQ5QkFNQ0EwY0FNRVFDSUR1K2hkaFNESEE0WDlUSG1JS1VqeFkwWDBQR0NQU25RbnJjZEV2ZApqREVFQWlBcDcwdUVvc2gxMXlqUVNkK25IOHNYcVBNUEllOEZqNDF5NDdCYnlBRGRndz09Ci0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo=',
  broken: 'bm8=',
};
