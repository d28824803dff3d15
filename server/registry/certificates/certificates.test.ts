import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { asn1 } from '../../auth/asn1.ts';
import { type Body, created, createErrors, row, testContext, updated, updateErrors } from '../kind-harness.ts';
import { certificateSigningRequest as csr } from './certificatesigningrequest.ts';

/** A PKCS #10 request as spec.request holds it; `signer` other than the key itself makes it a forgery. */
function newRequest(signer?: string): string {
  const keys = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const { schema, x509, csr: pkcs10 } = asn1();
  const jane = new x509.AttributeTypeAndValue({
    type: '2.5.4.3',
    value: new x509.AttributeValue({ utf8String: 'jane' }),
  });
  const info = new pkcs10.CertificationRequestInfo({
    subject: new x509.Name([new x509.RelativeDistinguishedName([jane])]),
    subjectPKInfo: schema.AsnConvert.parse(keys.publicKey, x509.SubjectPublicKeyInfo),
  });
  const infoBytes = Buffer.from(schema.AsnConvert.serialize(info));
  const signature = sign('sha256', infoBytes, createPrivateKey(signer ?? keys.privateKey));
  const request = new pkcs10.CertificationRequest({
    certificationRequestInfo: info,
    signatureAlgorithm: new x509.AlgorithmIdentifier({ algorithm: '1.2.840.10045.4.3.2' }),
    signature: new Uint8Array(signature).buffer,
  });
  const whole = Buffer.from(schema.AsnConvert.serialize(request));
  const body = whole.toString('base64').replace(/(.{64})/g, '$1\n');
  const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${body}\n-----END CERTIFICATE REQUEST-----\n`;
  return Buffer.from(pem).toString('base64');
}

const otherKey = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
}).privateKey;

const request = newRequest();
const spec = { request, signerName: 'x.example/signer', usages: ['client auth'] };
const approved = { type: 'Approved', status: 'True', reason: 'R' };

test('who asks is what authentication found', () => {
  const object = created(csr, {
    spec: { ...spec, username: 'root', groups: ['system:masters'] },
    status: { certificate: 'eA==' },
  });
  expect(object['spec']).toMatchObject({
    username: 'jane',
    uid: 'u-1',
    groups: testContext.user.groups,
    extra: { scope: ['a'] },
  });
  expect(object['status']).toEqual({});
});

test.each<[string, Body, string[]]>([
  ['fine', {}, []],
  ['no PEM', { request: 'eA==' }, ['spec.request: Invalid value: "eA==": PEM block type must be CERTIFICATE REQUEST']],
  [
    'a signer without a domain',
    { signerName: 'x' },
    [
      'spec.signerName: Invalid value: "x": must be a fully qualified domain and path of the form \'example.com/signer-name\'',
    ],
  ],
  ['a usage twice', { usages: ['any', 'any'] }, ['spec.usages[1]: Duplicate value: "any"']],
  [
    'a short life',
    { expirationSeconds: 60 },
    ['spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 600 seconds (10 minutes)'],
  ],
])('create: %s', (_, change, errors) => {
  expect(createErrors(csr, { spec: { ...spec, ...change } })).toEqual(errors);
});

test('a request that its key did not sign', () => {
  expect(createErrors(csr, { spec: { ...spec, request: newRequest(otherKey) } })[0]).toContain(
    'x509: signature does not match the request',
  );
});

describe('updates', () => {
  const old = created(csr, { spec });

  test('the object itself changes neither spec nor status', () => {
    const object = updated(
      csr,
      { spec: { ...spec, signerName: 'y.example/z' }, status: { conditions: [approved] } },
      old,
    );
    expect(object['spec']).toEqual(old['spec']);
    expect(object['status']).toEqual({});
  });

  test('approval writes conditions, with times', () => {
    const body = { spec, status: { conditions: [approved], certificate: 'eA==' } };
    const object = updated(csr, body, old, 'approval');
    const { timestamp } = testContext;
    expect(object['status']).toEqual({
      conditions: [{ ...approved, lastUpdateTime: timestamp, lastTransitionTime: timestamp }],
    });
    expect(updateErrors(csr, body, old, 'approval')).toEqual([]);
  });

  test('status neither decides nor takes a decision back', () => {
    const decided = updated(csr, { spec, status: { conditions: [approved] } }, old, 'approval');
    expect(updateErrors(csr, { spec, status: { conditions: [approved] } }, old, 'status')).toEqual([
      'status.conditions: Forbidden: updates may not add a condition of type "Approved"',
    ]);
    expect(updateErrors(csr, { spec, status: {} }, decided, 'approval')).toEqual([
      'status.conditions: Forbidden: updates may not remove a condition of type "Approved"',
    ]);
    const both = [approved, { ...approved, type: 'Denied' }];
    expect(updateErrors(csr, { spec, status: { conditions: both } }, decided, 'approval')).toEqual([
      'status.conditions: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive',
    ]);
  });

  test('a certificate must be one', () => {
    const text = Buffer.from('-----BEGIN X-----\neA==\n-----END X-----\n').toString('base64');
    expect(updateErrors(csr, { spec, status: { certificate: text } }, old, 'status')).toEqual([
      'status.certificate: Invalid value: "<certificate data>": only CERTIFICATE PEM blocks are allowed, found "X"',
    ]);
  });
});

test('prints', () => {
  expect(row(csr, { spec: { ...spec, expirationSeconds: 3600 } })).toEqual([
    'a',
    '60s',
    'x.example/signer',
    'jane',
    '60m',
    'Pending',
  ]);
});
