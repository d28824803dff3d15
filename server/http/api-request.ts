// What the pipeline has found out about one request, in one place.
import { randomUUID } from 'node:crypto';
import type { UserInfo } from '../auth/types.ts';
import type { Exchange } from './exchange.ts';
import { type Accepted, negotiatePlain, wantsPretty } from './negotiate.ts';
import { parseRequest, type RequestInfo } from './request-info.ts';

export class ApiRequest {
  readonly exchange: Exchange;
  readonly info: RequestInfo;
  readonly auditId: string;
  /** Set by authentication. */
  user: UserInfo = { name: '', groups: [] };
  /** Texts of `Warning` headers. */
  readonly warnings: string[] = [];

  constructor(exchange: Exchange) {
    this.exchange = exchange;
    this.info = parseRequest(exchange.method, exchange.url);
    const given = exchange.headers['audit-id'];
    this.auditId = typeof given === 'string' && given.length <= 64 ? given : randomUUID();
  }

  get pretty(): boolean {
    return wantsPretty(this.info.query, this.exchange.headers);
  }

  /** The format of Status answers and of objects that are only ever sent as they are. */
  get errorFormat(): Accepted {
    return negotiatePlain(this.exchange.headers);
  }
}
