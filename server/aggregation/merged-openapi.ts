// OpenAPI as clients see it: this server's own with the APIs that others serve. In v3 those are entries of the index, and their
// documents are asked of the other server itself; in v2 everything is one document.
import type { DocumentAnswer, DocumentRequest } from '../discovery/document.ts';
import { formOf, indexType, type Kept, keep, type OpenApi, protobufTypes, toAnswer } from '../openapi/openapi.ts';
import { openApiV2Protobuf } from '../openapi/protobuf.ts';
import type { Aggregator } from './aggregator.ts';
import { mergeOpenApiV2, type OpenApiV2 } from './openapi-merge.ts';

type Form = 'index' | 'json' | 'protobuf';

export class MergedOpenApi {
  readonly #local: Pick<OpenApi, 'answer'>;
  readonly #aggregator: Aggregator;
  readonly #made = new Map<Form, { from: string | undefined; kept: Promise<Kept> }>();

  constructor(local: Pick<OpenApi, 'answer'>, aggregator: Aggregator) {
    this.#local = local;
    this.#aggregator = aggregator;
    aggregator.onChange(() => this.#made.clear());
  }

  /** As OpenApi.answer. */
  async answer(request: DocumentRequest): Promise<DocumentAnswer | undefined> {
    const path = request.path.replace(/\/$/, '');
    const isV2 = path === '/openapi/v2';
    if (!this.#aggregator.active || (!isV2 && path !== '/openapi/v3')) return this.#local.answer(request);
    const form: Form = isV2 ? formOf(request.accept, true) : 'index';
    return toAnswer(request, await this.#document(path, form));
  }

  async #document(path: string, form: Form): Promise<Kept> {
    const plain = { path, query: new URLSearchParams(), accept: 'application/json', ifNoneMatch: undefined };
    const local = (await this.#local.answer(plain))!;
    const from = local.headers['ETag'];
    const known = this.#made.get(form);
    if (known !== undefined && known.from === from) return known.kept;
    const kept = keep(
      () => this.#build(form, local.body),
      form === 'protobuf' ? protobufTypes[1]! : form === 'index' ? indexType : 'application/json',
    );
    this.#made.set(form, { from, kept });
    return kept;
  }

  #build(form: Form, local: Buffer): Buffer {
    const document = JSON.parse(local.toString()) as OpenApiV2 & { paths: Record<string, unknown> };
    for (const { backend, openApiV2, openApiV3Url } of this.#aggregator.documents()) {
      if (form === 'index') {
        if (openApiV3Url !== undefined) document.paths[backend.path.slice(1)] = { serverRelativeURL: openApiV3Url };
      } else if (openApiV2 !== undefined) mergeOpenApiV2(document, openApiV2, backend.path);
    }
    return form === 'protobuf'
      ? openApiV2Protobuf(document as unknown as Parameters<typeof openApiV2Protobuf>[0])
      : Buffer.from(JSON.stringify(document));
  }
}
