// A front proxy says who the user is: kube-apiserver’s --requestheader flags.

import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:http2';
import https from 'node:https';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type CertificatePair, issueCertificate } from '../../server/auth/certificate.ts';
import { type Cluster, startCluster } from '../../testing/index.ts';
import type { Document } from './support/client.ts';

jest.setTimeout(30_000);

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());

const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
const review = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' });
const jane = {
  'x-remote-user': 'jane',
  'x-remote-uid': 'u1',
  'x-remote-group': ['dev,ops', 'qa'],
  'x-remote-extra-example.com%2fscope': ['a', 'b'],
};

/** A certificate of one of the server's CAs. */
function issued(ca: CertificatePair, commonName: string, organizations: string[] = []): CertificatePair {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
  const subject = { commonName, organizations };
  const certificate = issueCertificate(ca, key.toString(), { subject, usage: 'client', validDays: 1, now: new Date() });
  return { certificate, key: key.toString() };
}

/** Who the server takes the client for; the status where it is nobody. */
async function who(client: CertificatePair | undefined, headers: Record<string, string | string[]>): Promise<Document> {
  const request = https.request({
    host: '127.0.0.1',
    port: cluster.port,
    path,
    method: 'POST',
    rejectUnauthorized: false,
    agent: false,
    ...(client === undefined ? {} : { cert: client.certificate, key: client.key }),
    headers: { 'content-type': 'application/json', ...headers },
  });
  request.end(review);
  const [answer] = (await once(request, 'response')) as [import('node:http').IncomingMessage];
  const text = (await answer.toArray()).join('');
  return answer.statusCode === 201 ? JSON.parse(text).status.userInfo : answer.statusCode;
}

const expected = {
  username: 'jane',
  uid: 'u1',
  groups: ['dev,ops', 'qa', 'system:authenticated'],
  extra: { 'example.com/scope': ['a', 'b'] },
};

describe('the headers of a front proxy', () => {
  test('are believed, each value as it was sent', async () => {
    expect(await who(cluster.server.pki.frontProxyClient, jane)).toEqual(expected);
  });

  test('are believed over HTTP/2 too', async () => {
    const { certificate, key } = cluster.server.pki.frontProxyClient;
    const session = connect(cluster.url, { cert: certificate, key, rejectUnauthorized: false });
    const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/json', ...jane });
    stream.end(review);
    expect(JSON.parse((await stream.toArray()).join('')).status.userInfo).toEqual(expected);
    session.close();
  });

  test('are nothing without its certificate', async () => {
    expect(await who(undefined, jane)).toBe(401);
    expect((await who(undefined, { ...jane, authorization: `Bearer ${cluster.token}` })).username).toBe(
      'cluster-admin',
    );
  });

  test('are nothing with a user’s certificate, which still says who its user is', async () => {
    expect((await who(issued(cluster.server.pki.ca, 'john'), jane)).username).toBe('john');
  });

  test('are not believed under another name', async () => {
    expect(await who(issued(cluster.server.pki.frontProxyCA, 'other'), jane)).toBe(401);
  });
});

test('a certificate of the front proxy’s CA is nobody’s by itself', async () => {
  const forged = issued(cluster.server.pki.frontProxyCA, 'root', ['system:masters']);
  expect(await who(forged, {})).toBe(401);
  expect(await who(cluster.server.pki.frontProxyClient, {})).toBe(401);
});
