// An API server of another make, to be aggregated: group wardle.example.com with flunders, over TLS with a certificate of its own CA,
// trusting only the front proxy's client certificate.
import { createHash, generateKeyPairSync } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type CertificatePair, createCertificate, issueCertificate } from '../../../server/auth/certificate.ts';

export const group = 'wardle.example.com';
export const version = 'v1alpha1';
export const apiPath = `/apis/${group}/${version}`;

interface Flunder {
  apiVersion: string;
  kind: 'Flunder';
  metadata: { name: string; namespace: string; uid: string; resourceVersion: string; creationTimestamp: string };
  spec: { color: string };
}

/** What the server was asked. */
export interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
}

function newKey() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { publicKey, privateKey, pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

function newAuthority(): CertificatePair {
  const { publicKey, privateKey, pem } = newKey();
  const certificate = createCertificate({
    subject: { commonName: 'wardle-ca' },
    publicKey,
    signerKey: privateKey,
    usage: 'ca',
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 10 * 86_400_000),
  });
  return { certificate, key: pem };
}

const resource = { name: 'flunders', singularName: 'flunder', namespaced: true, kind: 'Flunder', shortNames: ['fl'] };
const verbs = ['create', 'get', 'list', 'watch'];

const schema = {
  type: 'object',
  description: 'A flunder.',
  properties: {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object' },
    spec: { type: 'object', properties: { color: { type: 'string', description: 'Its color.' } } },
  },
  'x-kubernetes-group-version-kind': [{ group, version, kind: 'Flunder' }],
};
const definition = 'com.example.wardle.v1alpha1.Flunder';

const listPath = `${apiPath}/namespaces/{namespace}/flunders`;
const gvk = { group, version, kind: 'Flunder' };

function operation(ref: string, key: 'schema' | 'content'): object {
  const content =
    key === 'schema' ? { schema: { $ref: ref } } : { content: { 'application/json': { schema: { $ref: ref } } } };
  return {
    get: {
      'x-kubernetes-action': 'list',
      'x-kubernetes-group-version-kind': gvk,
      responses: { 200: { description: 'OK', ...content } },
    },
  };
}

const openApiV2 = {
  swagger: '2.0',
  info: { title: 'wardle', version: '1' },
  paths: {
    [listPath]: operation(`#/definitions/${definition}`, 'schema'),
    '/apis/other.example.com/v1/x': operation('#/definitions/Other', 'schema'),
  },
  definitions: { [definition]: schema, Other: { type: 'object' } },
};
const openApiV3 = {
  openapi: '3.0.0',
  info: { title: 'wardle', version: '1' },
  paths: { [listPath]: operation(`#/components/schemas/${definition}`, 'content') },
  components: { schemas: { [definition]: schema } },
};

export class AggregatedServer {
  readonly authority = newAuthority();
  readonly seen: Seen[] = [];
  /** Answers every request with this status where it is set. */
  failWith: number | undefined;
  /** Whether aggregated discovery is spoken. */
  aggregatedDiscovery = true;
  readonly #flunders = new Map<string, Flunder>();
  readonly #watchers = new Set<ServerResponse>();
  #server: Server | undefined;
  #revision = 0;

  get port(): number {
    return (this.#server!.address() as AddressInfo).port;
  }

  /** `frontProxyCA` is PEM, `serverName` what the certificate is for. */
  async start(frontProxyCA: string, serverName: string, port = 0): Promise<void> {
    const { pem } = newKey();
    const certificate = issueCertificate(this.authority, pem, {
      subject: { commonName: serverName },
      usage: 'server',
      names: [serverName],
      validDays: 1,
      now: new Date(),
    });
    const server = createServer(
      { cert: certificate, key: pem, ca: frontProxyCA, requestCert: true, rejectUnauthorized: true },
      (request, response) => this.#handle(request, response),
    );
    server.on('upgrade', (request, socket, head) => {
      this.#see(request);
      socket.on('error', () => undefined);
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${request.headers.upgrade}\r\nConnection: Upgrade\r\n\r\n`,
      );
      socket.write(`hello ${request.headers['x-remote-user']}\n`);
      if (head.length > 0) socket.write(head);
      socket.pipe(socket);
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  #see({ method = '', url = '', headers }: IncomingMessage): void {
    this.seen.push({ method, url, headers });
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    this.#see(request);
    const url = new URL(request.url!, 'https://x');
    const document = this.#document(url.pathname, request.headers.accept ?? '');
    const name = url.pathname.split('/flunders')[1];
    if (this.failWith !== undefined) send(response, this.failWith, { kind: 'Status' });
    else if (document !== undefined) sendDocument(request, response, document);
    else if (name === undefined) send(response, 404, { kind: 'Status', code: 404 });
    else if (request.method === 'POST') this.#create(request, response, url.pathname.split('/')[5]!);
    else if (url.searchParams.get('watch')) this.#watch(response);
    else if (name !== '') {
      const found = this.#flunders.get(name.slice(1));
      send(response, found ? 200 : 404, found ?? notFound(name.slice(1)));
    } else this.#list(response);
  }

  #list(response: ServerResponse): void {
    const items = [...this.#flunders.values()];
    const metadata = { resourceVersion: String(this.#revision) };
    send(response, 200, { apiVersion: `${group}/${version}`, kind: 'FlunderList', metadata, items });
  }

  #document(path: string, accept: string): { body: object; contentType?: string } | undefined {
    if (path === apiPath) {
      const resources = [{ ...resource, verbs }];
      return { body: { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: `${group}/${version}`, resources } };
    }
    if (path === '/apis' && this.aggregatedDiscovery && accept.includes('APIGroupDiscoveryList')) {
      const responseKind = { group, version, kind: 'Flunder' };
      const entry = {
        resource: 'flunders',
        responseKind,
        scope: 'Namespaced',
        singularResource: 'flunder',
        shortNames: ['fl'],
        verbs,
      };
      return {
        contentType: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
        body: {
          kind: 'APIGroupDiscoveryList',
          apiVersion: 'apidiscovery.k8s.io/v2',
          metadata: {},
          items: [{ metadata: { name: group }, versions: [{ version, resources: [entry], freshness: 'Current' }] }],
        },
      };
    }
    if (path === '/openapi/v2') return { body: openApiV2 };
    if (path === '/openapi/v3')
      return { body: { paths: { [apiPath.slice(1)]: { serverRelativeURL: `/openapi/v3${apiPath}?hash=ABC` } } } };
    if (path === `/openapi/v3${apiPath}`) return { body: openApiV3 };
    return undefined;
  }

  #create(request: IncomingMessage, response: ServerResponse, namespace: string): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const given = JSON.parse(Buffer.concat(chunks).toString()) as Flunder;
      const flunder: Flunder = {
        ...given,
        metadata: {
          ...given.metadata,
          namespace,
          uid: `u-${given.metadata.name}`,
          resourceVersion: String(++this.#revision),
          creationTimestamp: '2026-01-01T00:00:00Z',
        },
      };
      this.#flunders.set(given.metadata.name, flunder);
      for (const watcher of this.#watchers) watcher.write(`${JSON.stringify({ type: 'ADDED', object: flunder })}\n`);
      send(response, 201, flunder);
    });
  }

  #watch(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    this.#watchers.add(response);
    response.on('close', () => this.#watchers.delete(response));
  }

  get openWatches(): number {
    return this.#watchers.size;
  }
}

function notFound(name: string): object {
  const message = `flunders.${group} "${name}" not found`;
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason: 'NotFound', code: 404 };
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function sendDocument(
  request: IncomingMessage,
  response: ServerResponse,
  { body, contentType = 'application/json' }: { body: object; contentType?: string },
): void {
  const text = JSON.stringify(body);
  const etag = `"${createHash('sha256').update(text).digest('hex')}"`;
  const same = request.headers['if-none-match'] === etag;
  response.writeHead(same ? 304 : 200, { 'content-type': contentType, etag });
  response.end(same ? undefined : text);
}

/** The APIService of the group, served by the Service `wardle` in `default`. */
export function apiService(authority: CertificatePair, port: number): object {
  return {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: `${version}.${group}` },
    spec: {
      group,
      version,
      groupPriorityMinimum: 2000,
      versionPriority: 15,
      caBundle: Buffer.from(authority.certificate).toString('base64'),
      service: { namespace: 'default', name: 'wardle', port },
    },
  };
}

/** Its Service. By name, since endpoints may not be on the loopback interface. */
export const service = { metadata: { name: 'wardle' }, spec: { type: 'ExternalName', externalName: 'localhost' } };

/** What the server's certificate has to be for. */
export const serverName = 'wardle.default.svc';
