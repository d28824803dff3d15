// Paths that are not resources: version, health, discovery, OpenAPI, keys, and the index of them all.
import { newMethodNotAllowed, type StatusError } from '../../apimachinery/status.ts';
import type { ApiRequest } from './api-request.ts';
import { respondJson, respondText } from './respond.ts';

export interface NonResourceRoute {
  /** An exact path, or a prefix that ends in `/*`. */
  path: string;
  handle(request: ApiRequest): void | Promise<void>;
  /** False keeps a path out of the index at `/`. */
  listed?: boolean;
}

export class NonResourceRoutes {
  readonly #exact = new Map<string, NonResourceRoute>();
  readonly #prefixes: { prefix: string; route: NonResourceRoute }[] = [];
  /** More paths for the index (health checks come and go with what the server runs). */
  readonly #morePaths: () => string[];

  constructor(routes: readonly NonResourceRoute[], morePaths: () => string[]) {
    for (const route of routes) {
      if (route.path.endsWith('/*')) this.#prefixes.push({ prefix: route.path.slice(0, -1), route });
      else this.#exact.set(route.path, route);
    }
    this.#morePaths = morePaths;
  }

  async handle(request: ApiRequest): Promise<void> {
    const { path } = request.info;
    const { method } = request.exchange;
    if (path === '/') return respondJson(request, 200, { paths: this.#paths() });
    const route =
      this.#exact.get(path) ??
      this.#exact.get(path.replace(/\/$/, '')) ??
      this.#prefixes.find(({ prefix }) => path.startsWith(prefix))?.route;
    if (route === undefined) return respondText(request, 404, '404 page not found\n');
    if (method !== 'GET' && method !== 'HEAD') throw newMethodNotAllowed() satisfies StatusError;
    await route.handle(request);
  }

  #paths(): string[] {
    const exact = [...this.#exact.values()].filter((route) => route.listed !== false).map((route) => route.path);
    return [...new Set([...exact, ...this.#morePaths()])].sort();
  }
}
