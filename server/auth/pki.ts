// The cluster's keys and certificates: made in one directory at the first start, read at every later one.
// File names and subjects are those of kubeadm, so that people find their way (kubernetes/cmd/kubeadm phases certs).
import { createPrivateKey, createPublicKey, generateKeyPair, X509Certificate } from 'node:crypto';
import { chmod, link, mkdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type CertificatePair, type CertificateSubject, createCertificate, issueCertificate } from './certificate.ts';

export interface PkiOptions {
  directory: string;
  /** First address of the service range: what pods call the API server by. */
  serviceAddress: string;
  advertiseAddress: string;
  clusterDomain?: string;
  /** More DNS names and IP addresses for the serving certificate. */
  extraNames?: readonly string[];
  now?: Date;
}

/** Everything PEM. */
export interface Pki {
  ca: CertificatePair;
  frontProxyCA: CertificatePair;
  frontProxyClient: CertificatePair;
  serving: CertificatePair;
  admin: CertificatePair;
  /** Private RSA key that signs service account tokens (RS256). */
  serviceAccountKey: string;
}

const caValidDays = 3650;
const leafValidDays = 365;
/** A leaf with less left than this is issued anew at start. */
const renewBeforeDays = 90;

const makeKeyPair = promisify(generateKeyPair);

async function newKey(type: 'ec' | 'rsa'): Promise<string> {
  const { privateKey } =
    type === 'ec'
      ? await makeKeyPair('ec', { namedCurve: 'P-256' })
      : await makeKeyPair('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

let temporaryFiles = 0;

/** Writes a whole file or none. With `replace` false the first writer wins, and everyone gets what it wrote. */
async function writeWhole(path: string, text: string, replace: boolean): Promise<string> {
  const temporary = `${path}.${process.pid}.${temporaryFiles++}`;
  await writeFile(temporary, text, { mode: 0o600 });
  if (replace) {
    await rename(temporary, path);
    return text;
  }
  try {
    await link(temporary, path);
    return text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return await readFile(path, 'utf8');
  } finally {
    await unlink(temporary);
  }
}

async function ensureKey(path: string, type: 'ec' | 'rsa'): Promise<string> {
  return (await readIfThere(path)) ?? (await writeWhole(path, await newKey(type), false));
}

async function ensureCA(directory: string, file: string, commonName: string, now: Date): Promise<CertificatePair> {
  const key = await ensureKey(join(directory, `${file}.key`), 'ec');
  const path = join(directory, `${file}.crt`);
  const stored = await readIfThere(path);
  if (stored !== undefined) return { certificate: stored, key };
  const certificate = createCertificate({
    subject: { commonName },
    publicKey: createPublicKey(key),
    signerKey: createPrivateKey(key),
    usage: 'ca',
    names: [commonName],
    notBefore: new Date(now.getTime() - 60_000),
    notAfter: new Date(now.getTime() + caValidDays * 86_400_000),
  });
  return { certificate: await writeWhole(path, certificate, false), key };
}

interface Leaf {
  file: string;
  subject: CertificateSubject;
  usage: 'server' | 'client';
  names?: readonly string[];
}

/** True while the stored certificate still says all that is wanted, is signed by this CA, and has time left. */
function stillGood(stored: string, key: string, ca: CertificatePair, leaf: Leaf, now: Date): boolean {
  const certificate = new X509Certificate(stored);
  const renewAt = certificate.validToDate.getTime() - renewBeforeDays * 86_400_000;
  return (
    now.getTime() < renewAt &&
    certificate.checkPrivateKey(createPrivateKey(key)) &&
    certificate.verify(new X509Certificate(ca.certificate).publicKey) &&
    (leaf.names ?? []).every((name) =>
      isIP(name) === 0 ? certificate.checkHost(name) !== undefined : certificate.checkIP(name) !== undefined,
    )
  );
}

async function ensureLeaf(directory: string, ca: CertificatePair, leaf: Leaf, now: Date): Promise<CertificatePair> {
  const key = await ensureKey(join(directory, `${leaf.file}.key`), 'ec');
  const path = join(directory, `${leaf.file}.crt`);
  const stored = await readIfThere(path);
  if (stored !== undefined && stillGood(stored, key, ca, leaf, now)) return { certificate: stored, key };
  const certificate = issueCertificate(ca, key, { ...leaf, validDays: leafValidDays, now });
  return { certificate: await writeWhole(path, certificate, true), key };
}

function servingNames(options: PkiOptions): string[] {
  const domain = options.clusterDomain ?? 'cluster.local';
  return [
    ...new Set([
      'kubernetes',
      'kubernetes.default',
      'kubernetes.default.svc',
      `kubernetes.default.svc.${domain}`,
      'localhost',
      options.serviceAddress,
      options.advertiseAddress,
      '127.0.0.1',
      '::1',
      ...(options.extraNames ?? []),
    ]),
  ];
}

/**
 * Makes what is missing in the directory (0700, every file 0600), renews leaf certificates that expire soon or lack a
 * wanted name, and returns it all. Keys and CAs are never replaced, and two processes that start at once agree on one set.
 */
export async function ensurePki(options: PkiOptions): Promise<Pki> {
  const { directory } = options;
  const now = options.now ?? new Date();
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  const leaf = async (ca: Promise<CertificatePair>, wanted: Leaf) => ensureLeaf(directory, await ca, wanted, now);
  const ca = ensureCA(directory, 'ca', 'kubernetes', now);
  const frontProxyCA = ensureCA(directory, 'front-proxy-ca', 'front-proxy-ca', now);
  const made = await Promise.all([
    ca,
    frontProxyCA,
    leaf(frontProxyCA, { file: 'front-proxy-client', subject: { commonName: 'front-proxy-client' }, usage: 'client' }),
    leaf(ca, {
      file: 'apiserver',
      subject: { commonName: 'kube-apiserver' },
      usage: 'server',
      names: servingNames(options),
    }),
    leaf(ca, {
      file: 'admin',
      subject: { commonName: 'kubernetes-admin', organizations: ['system:masters'] },
      usage: 'client',
    }),
    ensureKey(join(directory, 'sa.key'), 'rsa'),
  ]);
  return {
    ca: made[0],
    frontProxyCA: made[1],
    frontProxyClient: made[2],
    serving: made[3],
    admin: made[4],
    serviceAccountKey: made[5],
  };
}

/** A new key and a client certificate that authenticates as `user` in `groups`, for `validDays` (a year by default). */
export async function issueClientCertificate(
  ca: CertificatePair,
  user: { name: string; groups?: readonly string[]; uid?: string },
  validDays: number = leafValidDays,
): Promise<CertificatePair> {
  const key = await newKey('ec');
  const subject: CertificateSubject = {
    commonName: user.name,
    organizations: user.groups ?? [],
    ...(user.uid === undefined ? {} : { uid: user.uid }),
  };
  return { certificate: issueCertificate(ca, key, { subject, usage: 'client', validDays, now: new Date() }), key };
}
