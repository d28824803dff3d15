// A Kubernetes API server to send requests to, named by URL and token or by a kubeconfig.
import http from 'node:http';
import https from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';

/** One request as it goes over the wire. */
export interface WireRequest {
  method: string;
  /** With the query. */
  path: string;
  body?: string | Buffer | undefined;
  type?: string | undefined;
  accept?: string | undefined;
}

/** What came back. */
export interface WireAnswer {
  status: number;
  /** The text of each Warning header. */
  warnings: string[];
  body: Buffer;
}

/** Where to find a server, and as whom. One of `url` and `kubeconfig` must be there. */
export interface TargetOptions {
  url?: string | undefined;
  token?: string | undefined;
  /** Path of a kubeconfig; its current context counts. */
  kubeconfig?: string | undefined;
  /** How long one answer may take. */
  timeoutMs?: number;
}

/** Sends requests over kept connections until it is closed. */
export class Target {
  readonly #base: URL;
  readonly #agent: http.Agent;
  readonly #options: https.RequestOptions;
  readonly #timeoutMs: number;

  private constructor(base: URL, agent: http.Agent, options: https.RequestOptions, timeoutMs: number) {
    this.#base = base;
    this.#agent = agent;
    this.#options = options;
    this.#timeoutMs = timeoutMs;
  }

  /** Reads the kubeconfig, if there is one. A URL alone is trusted whatever its certificate. */
  static async open(options: TargetOptions): Promise<Target> {
    const request: https.RequestOptions = { headers: {} };
    let url = options.url;
    if (options.kubeconfig !== undefined) {
      const config = new KubeConfig();
      config.loadFromFile(options.kubeconfig);
      await config.applyToHTTPSOptions(request);
      delete request.agent;
      url ??= config.getCurrentCluster()?.server;
    } else {
      request.rejectUnauthorized = false;
      request.headers = { authorization: `Bearer ${options.token ?? ''}` };
    }
    if (url === undefined) throw new Error('no server: say --url or --kubeconfig');
    const base = new URL(url);
    const Agent = base.protocol === 'https:' ? https.Agent : http.Agent;
    const agent = new Agent({ keepAlive: true, maxSockets: 16 });
    return new Target(base, agent, request, options.timeoutMs ?? 30_000);
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Rejects where no answer comes within the time. */
  send({
    method,
    path,
    body,
    type = 'application/json',
    accept = 'application/json',
  }: WireRequest): Promise<WireAnswer> {
    const headers = {
      ...(this.#options.headers as http.OutgoingHttpHeaders),
      accept,
      'user-agent': 'corpus/1',
      ...(body !== undefined && { 'content-type': type, 'content-length': Buffer.byteLength(body) }),
    };
    const { request } = this.#base.protocol === 'https:' ? https : http;
    const { hostname, port } = this.#base;
    const options = { ...this.#options, hostname, port, method, path, headers, agent: this.#agent };
    return new Promise((resolve, reject) => {
      let answered = false;
      const outgoing = request(options, (answer) => {
        answered = true;
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          clearTimeout(watchdog);
          const warnings = warningTexts(answer.rawHeaders);
          resolve({ status: answer.statusCode ?? 0, warnings, body: Buffer.concat(chunks) });
        });
      });
      const watchdog = setTimeout(() => {
        answered = false;
        outgoing.destroy(new Error(`no answer within ${this.#timeoutMs} ms: ${method} ${path}`));
      }, this.#timeoutMs);
      // A server may answer before it has read everything, and close; the answer counts then, not the broken pipe.
      outgoing.on('error', (error) => {
        if (answered) return;
        clearTimeout(watchdog);
        reject(error);
      });
      outgoing.end(body);
    });
  }
}

/** The texts of `Warning: 299 - "text"` headers, in order. */
function warningTexts(rawHeaders: readonly string[]): string[] {
  const values = rawHeaders.filter((_, i) => i % 2 === 1 && /^warning$/i.test(rawHeaders[i - 1]!));
  return values.map((value) => /^\d{3} \S+ "(.*)"$/.exec(value)?.[1]?.replaceAll(/\\(.)/g, '$1') ?? value);
}
