// One request and its answer, as the pipeline sees them; HTTP/1.1 and HTTP/2 each provide it.
// It is kept small on purpose: what the pipeline does not need, a transport does not have to offer.
import type { Duplex, Readable } from 'node:stream';
import { newBadRequest, newRequestEntityTooLarge } from '../../apimachinery/status.ts';
import type { AuthenticationRequest, UserInfo } from '../auth/types.ts';

export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>;
/** Response headers as a flat list: name, value, name, value. A name may repeat. */
export type ResponseHeaders = string[];

/** What is remembered of one TLS connection. */
export interface Connection {
  /** DER of the client certificate, if the client gave one that the CA vouches for. */
  peerCertificate(): Uint8Array | undefined;
  /** The same where the front proxy's CA vouches for it. */
  proxyCertificate(): Uint8Array | undefined;
  /** True when the client gave a certificate that no CA vouches for. */
  peerRejected: boolean;
  memo: AuthenticationRequest['connection'];
  remoteAddress: string;
}

/** A response body that is written piece by piece, with backpressure. */
export interface ResponseStream {
  /** False when the client takes no more for now. */
  write(chunk: Buffer): boolean;
  /** Calls back once, when the client takes more. */
  onDrain(callback: () => void): void;
  end(): void;
  /** Breaks the answer off, so that the client sees that it is not complete. */
  abort(): void;
}

/** A connection that has left HTTP: what the client sends from now on, after what it has sent already. */
export interface UpgradedConnection {
  socket: Duplex;
  head: Buffer;
}

export interface Exchange {
  readonly method: string;
  /** Path and query as sent. */
  readonly url: string;
  readonly headers: RequestHeaders;
  /** Names and values as sent, in order, repeated headers included. */
  readonly rawHeaders: readonly string[];
  readonly connection: Connection;
  /** Who asks, where that is known without a credential: only requests from within this process have it. */
  readonly user?: UserInfo;
  /** The whole body. Throws 413 past the limit and 400 when the client breaks off. */
  body(limitBytes: number): Promise<Buffer>;
  /** The body as it comes, for what is only passed on; instead of `body`. */
  readonly bodyStream: Readable;
  /** There where the client asks to upgrade: takes the connection over. Nothing else may be answered then. */
  readonly upgrade: (() => UpgradedConnection) | undefined;
  /** Answers at once. Content-Length is added. */
  send(status: number, headers: ResponseHeaders, body: Buffer | string): void;
  /** Answers piece by piece. */
  stream(status: number, headers: ResponseHeaders): ResponseStream;
  /** True once headers were sent. */
  readonly answered: boolean;
  /** Calls back once, when the answer is finished or the client is gone. */
  onClose(callback: () => void): void;
}

/** Collects a request body; shared by both transports. */
export function readBody(
  stream: NodeJS.ReadableStream & { destroyed?: boolean },
  contentLength: string | undefined,
  limitBytes: number,
): Promise<Buffer> {
  const tooLarge = () => newRequestEntityTooLarge(`limit is ${limitBytes}`);
  return new Promise((resolve, reject) => {
    if (contentLength !== undefined && Number(contentLength) > limitBytes) {
      stream.resume();
      reject(tooLarge());
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    let ended = false;
    const cutOff = () => {
      if (!ended) reject(newBadRequest('the request body ended before it was complete'));
    };
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limitBytes) {
        // The rest is read and dropped, so that the client gets to see the answer.
        stream.removeAllListeners('data');
        stream.resume();
        reject(tooLarge());
        return;
      }
      chunks.push(chunk);
    });
    stream.on('end', () => {
      ended = true;
      resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size));
    });
    stream.on('error', cutOff);
    stream.on('close', cutOff);
  });
}
