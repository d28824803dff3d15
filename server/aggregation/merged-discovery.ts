// Discovery as clients see it: this server's own with the APIs that others serve. Where there are none, this costs nothing.
import {
  type Discovery,
  type DiscoveryForm,
  discoveryAnswer,
  formOf,
  isLegacy,
  legacyDocument,
} from '../discovery/discovery.ts';
import type { DocumentAnswer, DocumentRequest } from '../discovery/document.ts';
import type { Aggregator } from './aggregator.ts';
import { type GroupDiscovery, type LegacyGroup, mergeGroupDiscovery, mergeLegacyGroups } from './discovery-merge.ts';

const aggregatedType = (form: 'v2' | 'v2beta1') =>
  `application/json;g=apidiscovery.k8s.io;v=${form};as=APIGroupDiscoveryList`;

export class MergedDiscovery {
  readonly #local: Pick<Discovery, 'answer'>;
  readonly #aggregator: Aggregator;
  /** By form and path, with the local document that it was made from. */
  readonly #made = new Map<string, { from: Buffer; body: Buffer }>();

  constructor(local: Pick<Discovery, 'answer'>, aggregator: Aggregator) {
    this.#local = local;
    this.#aggregator = aggregator;
    aggregator.onChange(() => this.#made.clear());
  }

  /** As Discovery.answer. */
  answer(request: DocumentRequest): DocumentAnswer | undefined {
    const path = request.path.replace(/\/$/, '');
    const depth = path.split('/').length;
    if (!this.#aggregator.active || !path.startsWith('/apis') || depth > 3) return this.#local.answer(request);
    const form = formOf(request.accept, depth === 2);
    const body = this.#body(path, form);
    return body === undefined ? undefined : discoveryAnswer(request, form, body);
  }

  #body(path: string, form: DiscoveryForm): Buffer | undefined {
    const accept = isLegacy(form) ? 'application/json' : aggregatedType(form);
    const from = this.#local.answer({
      path: '/apis',
      query: new URLSearchParams(),
      accept,
      ifNoneMatch: undefined,
    })!.body;
    const key = `${form} ${path}`;
    const known = this.#made.get(key);
    if (known?.from === from) return known.body;
    const document = isLegacy(form) ? this.#legacy(path, from) : this.#aggregated(from);
    if (document === undefined) return undefined;
    const body = isLegacy(form) ? legacyDocument(document, form) : Buffer.from(JSON.stringify(document));
    this.#made.set(key, { from, body });
    return body;
  }

  #legacy(path: string, from: Buffer): object | undefined {
    const list = JSON.parse(from.toString()) as { groups: LegacyGroup[] };
    const groups = mergeLegacyGroups(list.groups, this.#aggregator);
    if (path === '/apis') return { ...list, groups };
    const group = groups.find(({ name }) => name === path.slice('/apis/'.length));
    return group === undefined ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...group };
  }

  #aggregated(from: Buffer): object {
    const list = JSON.parse(from.toString()) as { items: GroupDiscovery[] };
    return { ...list, items: mergeGroupDiscovery(list.items, this.#aggregator) };
  }
}
