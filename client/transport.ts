// How requests reach a server: over HTTPS (http2-transport.ts) or within the process (in-process-transport.ts). What both give is this.

export interface TransportRequest {
  method: string;
  /** Path and query. */
  path: string;
  /** Names in lower case. */
  headers: Record<string, string>;
  body?: string;
  /** Aborting ends the request, also while its answer is being read. */
  signal?: AbortSignal | undefined;
}

/** An answer; its body is to be read once, in one of the two ways. */
export interface TransportResponse {
  status: number;
  /** `name` in lower case. */
  header(name: string): string | undefined;
  /** The whole body. */
  text(): Promise<string>;
  /** The body as it arrives. Leaving the loop ends the request. */
  chunks(): AsyncIterable<Buffer>;
}

export interface Transport {
  /** Resolves with the headers. Rejects with a `TransportError` where there is no answer, or with the signal's reason. */
  send(request: TransportRequest): Promise<TransportResponse>;
  /** Ends what is under way and frees everything. Idempotent. */
  close(): Promise<void>;
}

/** No answer: the server cannot be reached, or the connection broke. */
export class TransportError extends Error {
  /** True when the server cannot have seen the request, so that sending it again is safe whatever it does. */
  readonly unsent: boolean;

  constructor(message: string, options: { cause?: unknown; unsent?: boolean } = {}) {
    super(message, { cause: options.cause });
    this.name = 'TransportError';
    this.unsent = options.unsent ?? false;
  }
}
