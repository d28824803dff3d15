// Requests as bytes, for what no well-behaved client would send: nothing is checked or added on the way out.
import { once } from 'node:events';
import https from 'node:https';
import tls, { type TLSSocket } from 'node:tls';

export interface Endpoint {
  port: number;
  token: string;
}

export interface RawRequest {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

export interface RawAnswer {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}

const agent = new https.Agent({ keepAlive: true, maxSockets: 32, rejectUnauthorized: false });

/** One request over HTTPS to the loopback interface. Rejects only when no answer comes. */
export function send(endpoint: Endpoint, request: RawRequest): Promise<RawAnswer> {
  const { method = 'GET', path, body } = request;
  const chunked = request.headers?.['transfer-encoding'] === 'chunked';
  const headers = {
    authorization: `Bearer ${endpoint.token}`,
    'content-type': 'application/json',
    accept: 'application/json',
    ...(body !== undefined && !chunked && { 'content-length': String(Buffer.byteLength(body)) }),
    ...request.headers,
  };
  return new Promise((resolve, reject) => {
    const options = { agent, host: '127.0.0.1', port: endpoint.port, method, path, headers };
    let answered = false;
    const outgoing = https.request(options, (answer) => {
      answered = true;
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks).toString() });
      });
      answer.on('error', reject);
    });
    // A server may answer before it has read everything, and close; the answer counts then, not the broken pipe.
    outgoing.on('error', (error) => {
      if (!answered) reject(error);
    });
    outgoing.end(body);
  });
}

/** The JSON of an answer. */
export function parsed(answer: RawAnswer): Record<string, unknown> & { items?: { metadata: { name: string } }[] } {
  return JSON.parse(answer.body) as ReturnType<typeof parsed>;
}

/** An open TLS connection that has said nothing yet. */
export async function connect(port: number): Promise<TLSSocket> {
  const socket = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });
  await once(socket, 'secureConnect');
  return socket;
}

/** Everything that a connection says until its end, or until `pattern` has come. */
export function said(socket: TLSSocket, pattern?: RegExp): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const done = () => resolve(text);
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (pattern?.test(text)) done();
    });
    socket.on('error', done);
    socket.on('close', done);
  });
}
