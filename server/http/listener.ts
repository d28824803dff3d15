// One TLS port for HTTP/1.1 and HTTP/2, told apart by ALPN (RFC 7301): `h2` sockets go to a bare HTTP/2 server, the rest to
// Express over Node's HTTP/1.1 server. Both lead into the same pipeline.
import { X509Certificate } from 'node:crypto';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type Http2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import express from 'express';
import type { Logger } from 'pino';
import type { Connection, Exchange } from './exchange.ts';
import { Http1Exchange, upgradeExchange } from './http1.ts';
import { Http2Exchange } from './http2.ts';

export interface ListenerOptions {
  bindAddress: string;
  /** 0 picks a free port. */
  port: number;
  certificate: string;
  key: string;
  /** PEM of the CAs that client certificates are checked against. */
  clientCertificateAuthorities: string[];
  /** PEM of the CAs that front proxies' client certificates are checked against. */
  frontProxyAuthorities: string[];
  /** Open connections; one more is closed at once. */
  maxConnections: number;
  /** Streams that one HTTP/2 connection may have open (upstream's --http2-max-streams-per-connection). */
  maxStreamsPerConnection: number;
}

export interface Listener {
  port: number;
  /** Connections that are open now. */
  connections(): number;
  /** Takes no more connections, ends the idle ones, and waits for the rest at most `graceMilliseconds`. */
  close(graceMilliseconds: number): Promise<void>;
}

/** Who vouches for client certificates: the same connection is never both a user's and a front proxy's. */
interface Authorities {
  clients: readonly X509Certificate[];
  frontProxies: readonly X509Certificate[];
}

/** Seconds an idle kept-alive connection stays open (upstream: 90). */
const keepAliveTimeoutMilliseconds = 90_000;
/** A client that sends its headers or body slower than this is cut off with 408. */
const headersTimeoutMilliseconds = 32_000;
const requestTimeoutMilliseconds = 60_000;
/** A TLS handshake must be done by then. */
const handshakeTimeoutMilliseconds = 10_000;

const connections = new WeakMap<object, Connection>();

/** Whether a certificate, or the one that it is signed with, and so on, is signed by one of these. TLS has checked the signatures. */
function isOf(authorities: readonly X509Certificate[], certificate: X509Certificate): boolean {
  const seen = new Set<string>();
  for (let at: X509Certificate | undefined = certificate; at !== undefined; at = at.issuerCertificate) {
    if (seen.has(at.fingerprint256)) return false;
    seen.add(at.fingerprint256);
    if (authorities.some((authority) => at.checkIssued(authority) && at.verify(authority.publicKey))) return true;
  }
  return false;
}

function connectionOf(socket: TLSSocket, authorities: Authorities): Connection {
  let connection = connections.get(socket);
  if (connection === undefined) {
    const certificateOf = (which: readonly X509Certificate[]) => () => {
      const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
      return certificate !== undefined && isOf(which, certificate) ? certificate.raw : undefined;
    };
    connection = {
      peerCertificate: certificateOf(authorities.clients),
      proxyCertificate: certificateOf(authorities.frontProxies),
      peerRejected: !socket.authorized && socket.getPeerX509Certificate() !== undefined,
      memo: {},
      remoteAddress: socket.remoteAddress ?? '',
    };
    connections.set(socket, connection);
  }
  return connection;
}

/** HTTP/2 is agreed on by ALPN only: who offers `h2c` is answered in HTTP/1.1. */
function isUpgrade({ headers }: IncomingMessage): boolean {
  return headers.upgrade !== undefined && headers.upgrade.toLowerCase() !== 'h2c';
}

/** Starts to listen; `handle` is called for every exchange and must not throw. */
export async function listen(
  options: ListenerOptions,
  handle: (exchange: Exchange) => void,
  log: Logger,
): Promise<Listener> {
  const authorities: Authorities = {
    clients: options.clientCertificateAuthorities.map((pem) => new X509Certificate(pem)),
    frontProxies: options.frontProxyAuthorities.map((pem) => new X509Certificate(pem)),
  };
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.use((request: IncomingMessage, response: ServerResponse) => {
    handle(new Http1Exchange(request, response, connectionOf(request.socket as TLSSocket, authorities)));
  });
  const http1 = createHttpServer(
    {
      keepAliveTimeout: keepAliveTimeoutMilliseconds,
      headersTimeout: headersTimeoutMilliseconds,
      requestTimeout: requestTimeoutMilliseconds,
      noDelay: true,
      shouldUpgradeCallback: isUpgrade,
    },
    app,
  );
  http1.on('upgrade', (request, socket, head) => {
    socket.on('error', (error) => log.debug({ err: error }, 'upgraded connection failed'));
    handle(upgradeExchange(request, socket, head, connectionOf(socket as TLSSocket, authorities)));
  });
  const http2 = createHttp2Server({
    maxSessionMemory: 64,
    settings: { maxConcurrentStreams: options.maxStreamsPerConnection, initialWindowSize: 1024 * 1024 },
  });
  const sessions = new Set<Http2Session>();
  const sessionSockets = new WeakMap<Http2Session, TLSSocket>();
  let connecting: TLSSocket | undefined;
  http2.on('session', (session) => {
    // `emit('connection')` below makes the session synchronously; session.socket is a proxy without the TLS methods.
    if (connecting !== undefined) sessionSockets.set(session, connecting);
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', (error) => log.debug({ err: error }, 'HTTP/2 session error'));
  });
  http2.on('stream', (stream, headers, _flags, rawHeaders) => {
    stream.on('error', (error) => log.debug({ err: error }, 'HTTP/2 stream error'));
    const socket = stream.session === undefined ? undefined : sessionSockets.get(stream.session);
    if (socket !== undefined)
      handle(
        new Http2Exchange(
          stream as ServerHttp2Stream,
          headers,
          rawHeaders as unknown as string[],
          connectionOf(socket, authorities),
        ),
      );
  });

  const tls = createTlsServer({
    cert: options.certificate,
    key: options.key,
    ca: [...options.clientCertificateAuthorities, ...options.frontProxyAuthorities],
    requestCert: true,
    rejectUnauthorized: false,
    ALPNProtocols: ['h2', 'http/1.1'],
    minVersion: 'TLSv1.2',
    handshakeTimeout: handshakeTimeoutMilliseconds,
    noDelay: true,
  });
  const sockets = new Set<TLSSocket>();
  tls.maxConnections = options.maxConnections;
  tls.on('secureConnection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    if (socket.alpnProtocol === 'h2') {
      connecting = socket;
      http2.emit('connection', socket);
      connecting = undefined;
    } else http1.emit('connection', socket);
  });
  tls.on('tlsClientError', (error) => log.debug({ err: error }, 'TLS handshake failed'));
  tls.on('drop', () => log.warn({ limit: options.maxConnections }, 'connection refused: --max-connections reached'));

  await new Promise<void>((resolve, reject) => {
    tls.once('error', reject);
    tls.listen(options.port, options.bindAddress, () => {
      tls.off('error', reject);
      resolve();
    });
  });

  return {
    port: (tls.address() as AddressInfo).port,
    connections: () => sockets.size,
    async close(graceMilliseconds) {
      const closed = new Promise<void>((resolve) => tls.close(() => resolve()));
      // Idle HTTP/1.1 connections belong to `http1`, which knows which of them are between requests.
      http1.closeIdleConnections();
      for (const session of sessions) session.close();
      const timer = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, graceMilliseconds);
      await closed;
      clearTimeout(timer);
      http1.close();
      http2.close();
    },
  };
}
