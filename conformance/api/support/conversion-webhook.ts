// A conversion webhook over TLS whose answers a test can spoil: it renames `spec.color` of v1 to `spec.hue` of v2.
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createCertificate } from '../../../server/auth/certificate.ts';
import type { Document } from './client.ts';

/** Changes the response of a review, in place, or answers by itself and returns true. */
export type Spoil = (response: Document, answer: ServerResponse) => boolean | undefined;

function converted(object: Document, apiVersion: string): Document {
  const { color, hue, ...spec } = object.spec ?? {};
  const value = color ?? hue;
  const field = apiVersion.endsWith('/v2') ? 'hue' : 'color';
  return { ...object, apiVersion, spec: { ...spec, ...(value === undefined ? {} : { [field]: value }) } };
}

export class ConversionWebhook {
  /** PEM in base64. */
  readonly caBundle: string;
  readonly #server: Server;
  readonly reviews: { objects: number; to: string }[] = [];
  spoil: Spoil | undefined;

  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const hour = 60 * 60 * 1000;
    const certificate = createCertificate({
      subject: { commonName: 'webhook' },
      publicKey,
      signerKey: privateKey,
      usage: 'server',
      names: ['localhost', '127.0.0.1'],
      notBefore: new Date(Date.now() - hour),
      notAfter: new Date(Date.now() + hour),
    });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
    this.caBundle = Buffer.from(certificate).toString('base64');
    this.#server = createServer({ cert: certificate, key }, (request, response) => {
      this.#handle(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
    });
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}/convert`;
  }

  async #handle(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { request: review } = JSON.parse(Buffer.concat(chunks).toString()) as Document;
    this.reviews.push({ objects: review.objects.length, to: review.desiredAPIVersion });
    const response = {
      uid: review.uid,
      result: { status: 'Success' },
      convertedObjects: review.objects.map((object: Document) => converted(object, review.desiredAPIVersion)),
    };
    if (this.spoil?.(response, answer)) return;
    answer.writeHead(200, { 'content-type': 'application/json' });
    answer.end(JSON.stringify({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'ConversionReview', response }));
  }

  /** Breaks every connection. */
  breakOff(): void {
    this.#server.closeAllConnections();
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
