import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { createCertificate, issueCertificate } from '../certificate.ts';
import { MemoryObjects } from '../memory-objects.ts';
import { ServiceAccountKeys } from '../service-account-keys.ts';
import type { AuthenticationRequest, Authenticator } from '../types.ts';
import { anonymousAuthenticator, anonymousPaths } from './anonymous.ts';
import { bearerTokenAuthenticator, tokenUnion } from './bearer-token.ts';
import { authenticatorChain } from './chain.ts';
import { serviceAccountAuthenticator } from './service-account.ts';
import { tokenFileAuthenticator } from './token-file.ts';
import { newX509Authenticator, x509Authenticator } from './x509.ts';

function request(more: Partial<AuthenticationRequest> = {}): AuthenticationRequest {
  return {
    headers: {},
    source: { rawHeaders: [] },
    peerCertificate: () => undefined,
    connection: {},
    path: '/api',
    ...more,
  };
}
const withToken = (token: string) => request({ headers: { authorization: `Bearer ${token}` } });
const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = (key: ReturnType<typeof newKey>) => key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

function clientCertificate(subject: { commonName: string; organizations?: string[]; uid?: string }): Buffer {
  const caKey = newKey();
  const now = new Date();
  const later = new Date(now.getTime() + 1e9);
  const certificate = createCertificate({
    subject: { commonName: 'ca' },
    publicKey: caKey.publicKey,
    signerKey: caKey.privateKey,
    usage: 'ca',
    notBefore: now,
    notAfter: later,
  });
  const issued = issueCertificate({ certificate, key: pem(caKey) }, pem(newKey()), {
    subject,
    usage: 'client',
    validDays: 1,
    now,
  });
  return new X509Certificate(issued).raw;
}

describe('client certificates', () => {
  test('common name, organizations and uid; read once per connection', async () => {
    const raw = clientCertificate({ commonName: 'jane', organizations: ['dev', 'ops'], uid: 'u1' });
    let reads = 0;
    const connection = {};
    const chain = authenticatorChain([x509Authenticator]);
    const peerCertificate = () => {
      reads++;
      return raw;
    };
    const ask = () => chain.authenticate(request({ connection, peerCertificate }));
    const first = await ask();
    expect(first?.user).toEqual({
      name: 'jane',
      uid: 'u1',
      groups: ['dev', 'ops', 'system:authenticated'],
      extra: { 'authentication.kubernetes.io/credential-id': [expect.stringMatching(/^X509SHA256=[0-9a-f]{64}$/)] },
    });
    expect((await ask())?.user).toBe(first?.user);
    expect(reads).toBe(1);
  });

  test('text that looks like another part of a name stays where it is', () => {
    const subject = {
      commonName: 'jané, O=x\nO=system:masters',
      organizations: ['dev\nO=system:masters', 'a + CN=root'],
    };
    const raw = clientCertificate(subject);
    expect(x509Authenticator.authenticate(request({ peerCertificate: () => raw }))).toMatchObject({
      user: { name: subject.commonName, groups: subject.organizations },
    });
  });

  test('a connection that outlives its certificate', () => {
    const raw = clientCertificate({ commonName: 'jane' });
    const clock = { now: Date.now() };
    const authenticator = newX509Authenticator(() => clock.now);
    const given = request({ peerCertificate: () => raw });
    expect(authenticator.authenticate(given)).toBeDefined();
    clock.now += 2 * 86_400_000;
    expect(() => authenticator.authenticate(given)).toThrow('x509: certificate has expired or is not yet valid');
  });

  test('a connection without a certificate, and one without a common name', () => {
    expect(x509Authenticator.authenticate(request())).toBeUndefined();
    const raw = clientCertificate({ commonName: '', organizations: ['dev'] });
    expect(x509Authenticator.authenticate(request({ peerCertificate: () => raw }))).toBeUndefined();
  });
});

describe('the token file', () => {
  const tokens = tokenFileAuthenticator(
    't1,jane,u1,"dev,ops"\n# comment\n,nobody,x\nt2,"a ""b"" c",\nt1b,x,y\r\n',
    'tokens.csv',
  );
  test('users, uids and groups', () => {
    expect(tokens.authenticateToken('t1')).toEqual({ user: { name: 'jane', uid: 'u1', groups: ['dev', 'ops'] } });
    expect(tokens.authenticateToken('t2')).toEqual({ user: { name: 'a "b" c', groups: [] } });
    expect(tokens.authenticateToken('t1b')).toEqual({ user: { name: 'x', uid: 'y', groups: [] } });
    expect(tokens.authenticateToken('')).toBeUndefined();
  });
  test('too few columns are refused', () => {
    expect(() => tokenFileAuthenticator('a,b', 'f.csv')).toThrow(
      "token file 'f.csv' must have at least 3 columns (token, user name, user uid), found 2",
    );
  });
});

describe('the chain', () => {
  const tokens = tokenUnion([tokenFileAuthenticator('good,jane,u1', 'f')]);
  const chain = authenticatorChain(
    [x509Authenticator, bearerTokenAuthenticator(tokens)],
    anonymousAuthenticator(anonymousPaths),
  );

  test('a known token answers at once, with the same user each time', () => {
    const result = chain.authenticate(withToken('good'));
    expect(result).toEqual({ user: { name: 'jane', uid: 'u1', groups: ['system:authenticated'] } });
    expect(chain.authenticate(withToken('good'))).toBe(result);
  });
  test('the token may come as a WebSocket protocol', () => {
    const protocol = `v4.channel.k8s.io, base64url.bearer.authorization.k8s.io.${Buffer.from('good').toString('base64url')}`;
    expect(chain.authenticate(request({ headers: { 'sec-websocket-protocol': protocol } }))).toBeDefined();
  });
  test('a bad token is refused even where anonymous callers may go', () => {
    expect(() => chain.authenticate({ ...withToken('bad'), path: '/healthz' })).toThrow('invalid bearer token');
  });
  test('without credentials: health and version only', () => {
    for (const path of ['/healthz', '/livez', '/readyz', '/version'])
      expect(chain.authenticate(request({ path }))).toEqual({
        user: { name: 'system:anonymous', groups: ['system:unauthenticated'] },
      });
    for (const path of ['/api', '/metrics', '/healthz/ping', '/'])
      expect(chain.authenticate(request({ path }))).toBeUndefined();
  });
  test('a certificate wins over a bad token', () => {
    const raw = clientCertificate({ commonName: 'jane' });
    expect(chain.authenticate({ ...withToken('bad'), peerCertificate: () => raw })).toMatchObject({
      user: { name: 'jane' },
    });
  });
  test('an authenticator that answers later has its turn', async () => {
    const slow: Authenticator = { authenticate: async () => undefined };
    const failing: Authenticator = { authenticate: () => Promise.reject(new Error('down')) };
    const later = authenticatorChain([slow, failing, bearerTokenAuthenticator(tokens)]);
    expect(await later.authenticate(withToken('good'))).toMatchObject({ user: { name: 'jane' } });
    await expect(later.authenticate(request())).rejects.toThrow('down');
  });
});

describe('service account tokens', () => {
  const now = 1_800_000_000_000;
  const keys = new ServiceAccountKeys(pem(newKey()));
  const claims = (more = {}, bound = {}) => ({
    aud: ['api'],
    iss: 'me',
    sub: 'system:serviceaccount:dev:robot',
    exp: now / 1000 + 600,
    iat: now / 1000,
    nbf: now / 1000,
    jti: 'j-1',
    'kubernetes.io': { namespace: 'dev', serviceaccount: { name: 'robot', uid: 'sa-1' }, ...bound },
    ...more,
  });
  async function setup(clock = { now }) {
    const objects = new MemoryObjects();
    const put = (resource: string, namespace: string, name: string, uid: string) =>
      objects.create(resource, namespace, { apiVersion: 'v1', kind: 'X', metadata: { name, uid } });
    await put('serviceaccounts', 'dev', 'robot', 'sa-1');
    await put('pods', 'dev', 'p', 'pod-1');
    const tokens = serviceAccountAuthenticator({
      keys,
      issuers: ['me'],
      audiences: ['api'],
      objects,
      now: () => clock.now,
      cacheSize: 4,
    });
    return { objects, tokens, clock };
  }

  test('a bound token says who, where and by which credential', async () => {
    const { tokens } = await setup();
    const token = await keys.sign(claims({}, { pod: { name: 'p', uid: 'pod-1' }, node: { name: 'n', uid: 'node-1' } }));
    const result = await tokens.authenticateToken(token);
    expect(result).toEqual({
      audiences: ['api'],
      user: {
        name: 'system:serviceaccount:dev:robot',
        uid: 'sa-1',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:dev'],
        extra: {
          'authentication.kubernetes.io/credential-id': ['JTI=j-1'],
          'authentication.kubernetes.io/node-name': ['n'],
          'authentication.kubernetes.io/node-uid': ['node-1'],
          'authentication.kubernetes.io/pod-name': ['p'],
          'authentication.kubernetes.io/pod-uid': ['pod-1'],
        },
      },
    });
    expect(tokens.authenticateToken(token)).toBe(result);
  });

  test.each([
    ['an expired token', { exp: now / 1000 - 61 }, {}, 'service account token has expired'],
    ['a token of tomorrow', { nbf: now / 1000 + 100 }, {}, 'service account token is not valid yet'],
    [
      'another audience',
      { aud: ['vault'] },
      {},
      'token audiences ["vault"] is invalid for the target audiences ["api"]',
    ],
    [
      'a recreated service account',
      {},
      { serviceaccount: { name: 'robot', uid: 'old' } },
      'service account UID (sa-1) does not match claim (old)',
    ],
    [
      'a recreated pod',
      {},
      { pod: { name: 'p', uid: 'old' } },
      'pod UID (pod-1) does not match service account pod ref claim (old)',
    ],
    ['a pod that is gone', {}, { pod: { name: 'q', uid: 'x' } }, 'service account token has been invalidated'],
    ['a node that is gone', {}, { node: { name: 'n', uid: 'x' } }, 'service account token has been invalidated'],
  ])('%s is refused', async (_what, more, bound, message) => {
    const { tokens } = await setup();
    const token = await keys.sign(claims(more, bound));
    await expect(tokens.authenticateToken(token)).rejects.toThrow(message);
  });

  test('a remembered token dies with its pod and with its time', async () => {
    const { tokens, objects, clock } = await setup({ now });
    const token = await keys.sign(claims({}, { pod: { name: 'p', uid: 'pod-1' } }));
    const free = await keys.sign(claims());
    expect(await tokens.authenticateToken(token)).toBeDefined();
    expect(await tokens.authenticateToken(free)).toBeDefined();
    await objects.delete('pods', 'dev', 'p');
    expect(tokens.authenticateToken(token)).toBeDefined();
    clock.now += 1000;
    expect(() => tokens.authenticateToken(token)).toThrow('invalidated');
    clock.now = now + 700_000;
    expect(() => tokens.authenticateToken(free)).toThrow('expired');
  });

  test('audiences that the caller asks for', async () => {
    const { tokens } = await setup();
    const token = await keys.sign(claims({ aud: ['vault', 'api'] }));
    expect(await tokens.authenticateToken(token, ['vault', 'x'])).toMatchObject({ audiences: ['vault'] });
  });

  test('a changed token, another key and another algorithm are refused; other tokens are left alone', async () => {
    const { tokens } = await setup();
    const token = await keys.sign(claims());
    const [header, , signature] = token.split('.');
    const forged = Buffer.from(JSON.stringify(claims({ sub: 'x' }))).toString('base64url');
    await expect(tokens.authenticateToken(`${header}.${forged}.${signature}`)).rejects.toThrow('cryptographic');
    const stranger = await new ServiceAccountKeys(pem(newKey())).sign(claims());
    await expect(tokens.authenticateToken(stranger)).rejects.toThrow('cryptographic');
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${token.split('.')[1]}.`;
    await expect(tokens.authenticateToken(unsigned)).rejects.toThrow('cryptographic');
    expect(await tokens.authenticateToken(await keys.sign(claims({ iss: 'somebody else' })))).toBeUndefined();
    for (const text of ['not a token', 'a.b.c', `${token}.x`, `x${token}`])
      expect(await tokens.authenticateToken(text)).toBeUndefined();
  });

  test('the cache is bounded and forgets what was not used', async () => {
    const { tokens } = await setup();
    const all = await Promise.all(Array.from({ length: 12 }, (_, i) => keys.sign(claims({ jti: `j-${i}` }))));
    const first: unknown[] = [];
    for (const token of all) first.push(await tokens.authenticateToken(token));
    expect(tokens.authenticateToken(all[11]!)).toBe(first[11]);
    const again = await tokens.authenticateToken(all[0]!);
    expect(again).not.toBe(first[0]);
    expect(again).toEqual(first[0]);
    expect(tokens.authenticateToken(all[0]!)).toBe(again);
  });

  test('requests that come at once with a new token get the same answer', async () => {
    const { tokens } = await setup();
    const token = await keys.sign(claims());
    const [one, other] = await Promise.all([tokens.authenticateToken(token), tokens.authenticateToken(token)]);
    expect(other).toBe(one);
    expect(tokens.authenticateToken(token)).toBe(one);
  });

  test('RSA keys sign RS256, further keys verify, and both stand in the JWKS', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const rsaPem = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const other = newKey();
    const mixed = new ServiceAccountKeys(rsaPem, [other.publicKey.export({ type: 'spki', format: 'pem' }).toString()]);
    const objects = new MemoryObjects();
    await objects.create('serviceaccounts', 'dev', {
      apiVersion: 'v1',
      kind: 'X',
      metadata: { name: 'robot', uid: 'sa-1' },
    });
    const tokens = serviceAccountAuthenticator({
      keys: mixed,
      issuers: ['me'],
      audiences: ['api'],
      objects,
      now: () => now,
    });
    expect(await tokens.authenticateToken(await mixed.sign(claims()))).toBeDefined();
    expect(await tokens.authenticateToken(await new ServiceAccountKeys(pem(other)).sign(claims()))).toBeDefined();
    const { keys: published } = mixed.jwks();
    expect(published.map(({ use, kty, alg }) => ({ use, kty, alg }))).toEqual([
      { use: 'sig', kty: 'RSA', alg: 'RS256' },
      { use: 'sig', kty: 'EC', alg: 'ES256' },
    ]);
    expect(Object.keys(published[0]!)).toEqual(['use', 'kty', 'kid', 'alg', 'n', 'e']);
    expect(mixed.openidConfiguration('https://i', 'https://i/openid/v1/jwks')).toEqual({
      issuer: 'https://i',
      jwks_uri: 'https://i/openid/v1/jwks',
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256', 'RS256'],
    });
  });
});
