// /healthz, /livez and /readyz: named checks, alone or together (k8s.io/apiserver pkg/server/healthz).
import { newPathNotFound } from '../../apimachinery/status.ts';
import type { ApiRequest } from './api-request.ts';
import { respondText } from './respond.ts';

export type HealthEndpoint = 'healthz' | 'livez' | 'readyz';

export interface HealthCheck {
  name: string;
  endpoints: readonly HealthEndpoint[];
  /** Undefined when well, otherwise why not. The reason is logged, never shown. */
  check(): string | undefined | Promise<string | undefined>;
}

export class Health {
  readonly #checks: HealthCheck[] = [];
  readonly #onFailure: (endpoint: HealthEndpoint, check: string, reason: string) => void;

  constructor(onFailure: (endpoint: HealthEndpoint, check: string, reason: string) => void) {
    this.#onFailure = onFailure;
  }

  add(check: HealthCheck): void {
    this.#checks.push(check);
  }

  /** Every path that answers: `/livez`, `/livez/ping`, … */
  paths(): string[] {
    const endpoints: HealthEndpoint[] = ['healthz', 'livez', 'readyz'];
    return endpoints.flatMap((endpoint) => [
      `/${endpoint}`,
      ...this.#of(endpoint).map(({ name }) => `/${endpoint}/${name}`),
    ]);
  }

  #of(endpoint: HealthEndpoint): HealthCheck[] {
    return this.#checks.filter((check) => check.endpoints.includes(endpoint));
  }

  async #run(endpoint: HealthEndpoint, check: HealthCheck): Promise<boolean> {
    let reason: string | undefined;
    try {
      reason = await check.check();
    } catch (error) {
      reason = String(error);
    }
    if (reason !== undefined) this.#onFailure(endpoint, check.name, reason);
    return reason === undefined;
  }

  /** `path` begins with `/healthz`, `/livez` or `/readyz`. */
  async handle(request: ApiRequest): Promise<void> {
    const [, endpoint, ...rest] = request.info.path.split('/') as [string, HealthEndpoint, ...string[]];
    const name = rest.join('/');
    if (name === '') return this.#all(request, endpoint);
    const check = this.#of(endpoint).find((candidate) => candidate.name === name);
    if (check === undefined) throw newPathNotFound();
    if (await this.#run(endpoint, check)) respondText(request, 200, 'ok');
    else respondText(request, 500, `internal server error: ${name} failed: reason withheld\n`);
  }

  async #all(request: ApiRequest, endpoint: HealthEndpoint): Promise<void> {
    const { query } = request.info;
    const excluded = new Set(query.getAll('exclude'));
    const lines: string[] = [];
    let failed = false;
    for (const check of this.#of(endpoint)) {
      if (excluded.delete(check.name)) {
        lines.push(`[+]${check.name} excluded: ok`);
        continue;
      }
      const well = await this.#run(endpoint, check);
      if (!well) failed = true;
      lines.push(well ? `[+]${check.name} ok` : `[-]${check.name} failed: reason withheld`);
    }
    if (excluded.size > 0)
      lines.push(
        `warn: some health checks cannot be excluded: no matches for ${[...excluded].map((name) => JSON.stringify(name)).join(', ')}`,
      );
    if (failed) respondText(request, 500, `${lines.join('\n')}\n${endpoint} check failed\n`);
    else respondText(request, 200, query.has('verbose') ? `${lines.join('\n')}\n${endpoint} check passed\n` : 'ok');
  }
}
