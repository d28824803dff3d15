import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { readSubject } from './certificate.ts';
import { kubeconfig } from './kubeconfig.ts';
import { ensurePki, issueClientCertificate } from './pki.ts';

let directory: string;
const options = (more = {}) => ({ directory, serviceAddress: '10.96.0.1', advertiseAddress: '192.0.2.7', ...more });

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'pki-')), 'pki');
});
afterEach(() => rm(join(directory, '..'), { recursive: true }));

test('a second start reads what the first one made', async () => {
  const first = await ensurePki(options());
  expect(await ensurePki(options())).toEqual(first);
});

test('only the owner can read keys and certificates', async () => {
  await ensurePki(options());
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  const files = await readdir(directory);
  expect(files.sort()).toEqual(
    ['admin', 'apiserver', 'ca', 'front-proxy-ca', 'front-proxy-client']
      .flatMap((f) => [`${f}.crt`, `${f}.key`])
      .concat('sa.key'),
  );
  for (const file of files) expect((await stat(join(directory, file))).mode & 0o777).toBe(0o600);
});

test('two processes that start at once agree on one CA and one signing key', async () => {
  const [a, b] = await Promise.all([ensurePki(options()), ensurePki(options())]);
  expect(a.ca).toEqual(b.ca);
  expect(a.serviceAccountKey).toBe(b.serviceAccountKey);
  expect(new X509Certificate(b.serving.certificate).verify(new X509Certificate(a.ca.certificate).publicKey)).toBe(true);
});

test('the serving certificate is issued anew when it lacks a name or expires soon, with the same key', async () => {
  const first = await ensurePki(options());
  const renamed = await ensurePki(options({ extraNames: ['api.example.com', '2001:db8::5'] }));
  const certificate = new X509Certificate(renamed.serving.certificate);
  expect(certificate.checkHost('api.example.com')).toBe('api.example.com');
  expect(certificate.checkIP('2001:db8::5')).toBe('2001:db8::5');
  expect(renamed.serving.key).toBe(first.serving.key);
  expect(renamed.admin).toEqual(first.admin);
  const later = await ensurePki(options({ now: new Date(Date.now() + 300 * 86_400_000) }));
  expect(later.admin.certificate).not.toBe(first.admin.certificate);
  expect(later.ca).toEqual(first.ca);
});

test('a TLS server and client built from them trust each other by every wanted name', async () => {
  const pki = await ensurePki(options());
  const server = tls.createServer({
    key: pki.serving.key,
    cert: pki.serving.certificate,
    ca: pki.ca.certificate,
    requestCert: true,
    rejectUnauthorized: true,
  });
  const subjects: unknown[] = [];
  server.on('secureConnection', (socket) => {
    subjects.push(readSubject(socket.getPeerX509Certificate()!));
    socket.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = (server.address() as AddressInfo).port;
  const user = await issueClientCertificate(pki.ca, { name: 'jané', groups: ['dev', 'ops'], uid: 'u-1' });
  const names = ['localhost', 'kubernetes.default.svc.cluster.local', '127.0.0.1', '192.0.2.7', '10.96.0.1'];
  for (const pair of [pki.admin, user]) {
    for (const name of names) {
      const socket = tls.connect({
        port,
        host: '127.0.0.1',
        ca: pki.ca.certificate,
        key: pair.key,
        cert: pair.certificate,
        checkServerIdentity: (_host, certificate) => tls.checkServerIdentity(name, certificate),
      });
      await new Promise((resolve, reject) => socket.on('close', resolve).on('error', reject).resume());
      expect(socket.authorized).toBe(true);
    }
  }
  await new Promise((resolve) => server.close(resolve));
  expect(subjects[0]).toEqual({ commonName: 'kubernetes-admin', organizations: ['system:masters'] });
  expect(subjects[5]).toEqual({ commonName: 'jané', organizations: ['dev', 'ops'], uid: 'u-1' });
});

test('the kubeconfig names the context pgplane and embeds certificate and key', async () => {
  const pki = await ensurePki(options());
  const config = parse(
    kubeconfig({ server: 'https://127.0.0.1:6443', certificateAuthority: pki.ca.certificate, credentials: pki.admin }),
  );
  expect(config['current-context']).toBe('pgplane');
  expect(config.clusters[0].cluster.server).toBe('https://127.0.0.1:6443');
  expect(Buffer.from(config.users[0].user['client-key-data'], 'base64').toString()).toBe(pki.admin.key);
});
