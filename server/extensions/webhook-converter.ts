// Strategy `Webhook`: a server of somebody's converts objects, and what it answers is checked before it is believed
// (apiextensions-apiserver pkg/apiserver/conversion webhook_converter.go). Many objects go in one ConversionReview; failures are worded as
// upstream words them, which asks for one object at a time.
import { randomUUID } from 'node:crypto';
import { fieldErrorMessage } from '../../apimachinery/field.ts';
import { type KubeObject, type ObjectMeta, parseApiVersion } from '../../apimachinery/object.ts';
import { StatusError } from '../../apimachinery/status.ts';
import { validateAnnotations, validateLabels } from '../../apimachinery/validation.ts';
import { type Converter, gvkText } from './converter.ts';
import type { ReviewClient } from './webhook-client.ts';

/** The versions of ConversionReview that upstream speaks. */
const reviewVersions = ['v1', 'v1beta1'] as const;
type ReviewVersion = (typeof reviewVersions)[number];

interface ReviewResponse {
  uid?: string;
  result?: { status?: string; message?: string };
  convertedObjects?: unknown[];
}

/** What is wrong with an answer; the words follow `conversion webhook for … `. */
class BadAnswer extends Error {}

export class WebhookConverter implements Converter {
  readonly changesMetadata = true;
  readonly #client: ReviewClient;
  readonly #reviewVersion: ReviewVersion | undefined;

  /** `versions` are those of ConversionReview that the webhook understands, the best first. */
  constructor(client: ReviewClient, versions: readonly string[]) {
    this.#client = client;
    this.#reviewVersion = versions.flatMap((version) => reviewVersions.find((known) => known === version) ?? [])[0];
  }

  async convert(objects: readonly KubeObject[], apiVersion: string): Promise<readonly KubeObject[]> {
    const others = objects.filter((object) => object.apiVersion !== apiVersion);
    if (others.length === 0) return objects;
    try {
      const converted = await this.#review(others, apiVersion);
      let next = 0;
      return objects.map((object) => (object.apiVersion === apiVersion ? object : converted[next++]!));
    } catch (error) {
      if (error instanceof StatusError) throw error;
      const words = error instanceof BadAnswer ? error.message : `failed: ${(error as Error).message}`;
      throw new StatusError('', `conversion webhook for ${sourceOf(others[0]!)} ${words}`);
    }
  }

  async #review(objects: readonly KubeObject[], desiredAPIVersion: string): Promise<KubeObject[]> {
    if (this.#reviewVersion === undefined) throw new StatusError('', 'no supported conversion review versions');
    const uid = randomUUID();
    const answer = await this.#client.post({
      kind: 'ConversionReview',
      apiVersion: `apiextensions.k8s.io/${this.#reviewVersion}`,
      request: { uid, desiredAPIVersion, objects },
    });
    const converted = this.#convertedObjects(answer, uid);
    if (converted.length !== objects.length)
      throw new BadAnswer(`returned ${converted.length} objects, expected ${objects.length}`);
    return objects.map((object, i) => accepted(object, converted[i], desiredAPIVersion));
  }

  #convertedObjects(answer: unknown, uid: string): unknown[] {
    const { kind = '', apiVersion = '', response } = answer as Partial<KubeObject> & { response?: ReviewResponse };
    if (this.#reviewVersion === 'v1' && (kind !== 'ConversionReview' || apiVersion !== 'apiextensions.k8s.io/v1')) {
      const { group, version } = parseApiVersion(apiVersion);
      const expected = gvkText('apiextensions.k8s.io', 'v1', 'ConversionReview');
      throw new Error(`expected webhook response of ${expected}, got ${gvkText(group, version, kind)}`);
    }
    if (response === undefined || response === null) throw new Error('no response provided');
    const { uid: answered = '', result = {}, convertedObjects } = response;
    if (this.#reviewVersion === 'v1' && answered !== uid)
      throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(answered)}`);
    const { status = '', message = '' } = result;
    if (status !== 'Success') throw new Error(message || `response.result.status was '${status}', not 'Success'`);
    return convertedObjects ?? [];
  }
}

function sourceOf({ apiVersion, kind }: KubeObject): string {
  const { group, version } = parseApiVersion(apiVersion);
  return gvkText(group, version, kind);
}

/** The converted object with the metadata of the original, labels and annotations apart, which a webhook may change. */
function accepted(original: KubeObject, answered: unknown, apiVersion: string): KubeObject {
  const converted = (answered ?? {}) as KubeObject;
  const at = 'returned invalid object at index 0: ';
  if (typeof converted !== 'object' || Array.isArray(converted)) throw new BadAnswer(`${at}not an object`);
  if (converted.apiVersion !== apiVersion) {
    const received = converted.apiVersion ?? '';
    throw new BadAnswer(`${at}invalid groupVersion (expected ${apiVersion}, received ${received})`);
  }
  if (converted.kind !== original.kind)
    throw new BadAnswer(`${at}invalid kind (expected ${original.kind}, received ${converted.kind ?? ''})`);
  const meta: ObjectMeta = converted.metadata ?? {};
  for (const field of ['name', 'namespace', 'uid'] as const) {
    const [before, after] = [original.metadata[field] ?? '', meta[field] ?? ''];
    const said = field === 'uid' ? 'UID' : field;
    if (before !== after)
      throw new BadAnswer(`returned invalid object: must have the same ${said}: ${before} != ${after}`);
  }
  return { ...converted, metadata: restoredMetadata(original.metadata, meta) };
}

function restoredMetadata(original: ObjectMeta, converted: ObjectMeta): ObjectMeta {
  const { labels: _labels, annotations: _annotations, ...kept } = original;
  const restored: ObjectMeta = kept;
  for (const field of ['labels', 'annotations'] as const) {
    const values = converted[field];
    if (values === undefined || values === null) continue;
    const invalid = (what: string): BadAnswer => new BadAnswer(`returned invalid metadata: ${what}`);
    if (typeof values !== 'object' || Array.isArray(values))
      throw invalid(`invalid metadata.${field} of type ${typeof values} in converted object`);
    for (const [key, value] of Object.entries(values)) {
      if (typeof value !== 'string')
        throw invalid(`metadata.${field}[${key}] must be a string, but is ${typeof value} in converted object`);
    }
    const errors =
      field === 'labels'
        ? validateLabels(values, 'metadata.labels')
        : validateAnnotations(values, 'metadata.annotation');
    if (errors.length > 0) {
      const words = errors.map(fieldErrorMessage);
      throw invalid(words.length === 1 ? words[0]! : `[${words.join(', ')}]`);
    }
    restored[field] = values;
  }
  return restored;
}
