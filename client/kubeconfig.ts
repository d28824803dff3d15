// How to reach a cluster: from a kubeconfig (clientcmd.k8s.io v1), or from within a Pod (client-go rest.InClusterConfig).
import { readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import type { Http2TransportOptions } from './http2-transport.ts';

interface ClusterEntry {
  server?: string;
  'certificate-authority'?: string;
  'certificate-authority-data'?: string;
  'insecure-skip-tls-verify'?: boolean;
  'tls-server-name'?: string;
}

interface UserEntry {
  'client-certificate'?: string;
  'client-certificate-data'?: string;
  'client-key'?: string;
  'client-key-data'?: string;
  token?: string;
  tokenFile?: string;
  exec?: unknown;
}

interface Kubeconfig {
  'current-context'?: string;
  contexts?: { name: string; context?: { cluster?: string; user?: string } }[];
  clusters?: { name: string; cluster?: ClusterEntry }[];
  users?: { name: string; user?: UserEntry }[];
}

/** Tokens in files are read again after this time, as client-go does. */
const tokenLifeMs = 60_000;

/** A token that is kept in a file, read anew every minute and when the file has changed. */
function tokenOfFile(path: string): () => string {
  let token = '';
  let readAt = 0;
  let changedAt = 0;
  return () => {
    const now = Date.now();
    if (now - readAt > tokenLifeMs) {
      const { mtimeMs } = statSync(path);
      if (mtimeMs !== changedAt || token === '') token = readFileSync(path, 'utf8').trim();
      changedAt = mtimeMs;
      readAt = now;
    }
    return token;
  };
}

/** What a kubeconfig says of a context, by default the current one. `directory` is where relative paths in it begin. Throws what is wrong. */
export function parseKubeconfig(text: string, directory: string, context?: string): Http2TransportOptions {
  const config = parse(text) as Kubeconfig | null;
  const contextName = context ?? config?.['current-context'];
  const chosen = config?.contexts?.find(({ name }) => name === contextName)?.context;
  if (chosen === undefined) throw new Error(`kubeconfig: there is no context ${JSON.stringify(contextName ?? '')}`);
  const cluster = config?.clusters?.find(({ name }) => name === chosen.cluster)?.cluster;
  if (cluster?.server === undefined)
    throw new Error(`kubeconfig: cluster ${JSON.stringify(chosen.cluster)} has no server`);
  const user = config?.users?.find(({ name }) => name === chosen.user)?.user ?? {};
  if (user.exec !== undefined) throw new Error('kubeconfig: credentials by exec are not supported');
  const pem = (data: string | undefined, file: string | undefined): string | undefined => {
    if (data !== undefined) return Buffer.from(data, 'base64').toString();
    return file === undefined ? undefined : readFileSync(resolve(directory, file), 'utf8');
  };
  const { token, tokenFile } = user;
  const options: { [Key in keyof Http2TransportOptions]: Http2TransportOptions[Key] | undefined } = {
    server: cluster.server,
    certificateAuthority: pem(cluster['certificate-authority-data'], cluster['certificate-authority']),
    clientCertificate: pem(user['client-certificate-data'], user['client-certificate']),
    clientKey: pem(user['client-key-data'], user['client-key']),
    tlsServerName: cluster['tls-server-name'],
    insecureSkipTlsVerify: cluster['insecure-skip-tls-verify'],
    token: token !== undefined ? () => token : tokenFile ? tokenOfFile(resolve(directory, tokenFile)) : undefined,
  };
  return options as Http2TransportOptions;
}

/** The same, of a file. */
export async function loadKubeconfig(path: string, context?: string): Promise<Http2TransportOptions> {
  return parseKubeconfig(await readFile(path, 'utf8'), dirname(resolve(path)), context);
}

const serviceAccountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount';

/** How a Pod reaches its cluster: its service account's files, and the address in its environment. Throws outside of a Pod. */
export async function inClusterConfig(environment: NodeJS.ProcessEnv): Promise<Http2TransportOptions> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = environment;
  if (!host || !port)
    throw new Error('not in a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set');
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    certificateAuthority: await readFile(`${serviceAccountDirectory}/ca.crt`, 'utf8'),
    token: tokenOfFile(`${serviceAccountDirectory}/token`),
  };
}
