// What the tests of this folder stand on: a server to judge, names for what they make, and the operations that most kinds share.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { type Cluster, startCluster } from '../../testing/index.ts';
import { ApiClient, type Document, type WatchStream } from '../api/support/client.ts';
import { until } from '../support/until.ts';

export interface Judged {
  api: ApiClient;
  /** Namespace of this test file. */
  namespace: string;
  /** The cluster that was started for this file; undefined where the server is somebody else's. */
  cluster: Cluster | undefined;
}

/** The server that is judged: a cluster of its own for the file, or the one that CONFORMANCE_URL names. */
export function judge(): () => Judged {
  jest.setTimeout(60_000);
  let cluster: Cluster | undefined;
  let judged: Judged | undefined;
  beforeAll(async () => {
    const url = process.env['CONFORMANCE_URL'];
    if (url === undefined) cluster = await startCluster();
    const endpoint = cluster ?? { port: Number(new URL(url!).port), token: process.env['CONFORMANCE_TOKEN'] ?? '' };
    judged = { api: new ApiClient(endpoint), namespace: uniqueName('conformance'), cluster };
    await judged.api.made('/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: judged.namespace },
    });
  });
  afterAll(async () => {
    if (cluster === undefined) await judged?.api.delete(`/api/v1/namespaces/${judged.namespace}`);
    await cluster?.stop();
  });
  return () => judged!;
}

/** A test that stands for the upstream conformance test of that name. */
export function standsFor(name: string, run: () => Promise<void>): void {
  test(name, run);
}

let names = 0;

/** A name that no other test uses, on a server that may have been judged before. */
export function uniqueName(prefix: string): string {
  names += 1;
  return `${prefix}-${Date.now().toString(36)}-${names}`;
}

/** The body of an answer that must have `status`; fails with what the server said otherwise. */
export async function answered(status: number, answer: Promise<{ status: number; body: Document }>): Promise<Document> {
  const { status: got, body } = await answer;
  if (got !== status) throw new Error(`${got} instead of ${status}: ${body.message ?? JSON.stringify(body)}`);
  return body;
}

export interface Operations {
  /** Path of the collection. */
  collection: string;
  /** Makes an object of that name; it must carry these labels. */
  object(name: string, labels: Record<string, string>): Document;
  /** A merge patch of the object, and whether it is there afterwards. */
  patch?: { body: Document; shows(object: Document): boolean };
  /** Changes a copy of the object for an update, and says whether the change is there. */
  update?: { change(object: Document): void; shows(object: Document): boolean };
  /** True where the kind has `/status`: a merge patch of its status, and what shows it. */
  status?: { body: Document; shows(object: Document): boolean };
}

/**
 * The operations that upstream's "should support … API operations" tests go through: discovery lists the resource, create, get, list and
 * watch by label, patch, update, status, delete, delete by collection.
 */
export async function supportsOperations(api: ApiClient, operations: Operations): Promise<void> {
  const { collection } = operations;
  await discoverable(api, collection);
  const labels = { 'special-label': uniqueName('operations') };
  const query = `?labelSelector=special-label%3D${labels['special-label']}`;
  const all = ['one', 'two', 'three'].map((name) => uniqueName(name));
  const watch = await api.watch(collection + query);
  for (const name of all) await answered(201, api.post(collection, operations.object(name, labels)));
  const [name = ''] = all;
  const path = `${collection}/${name}`;
  expect((await answered(200, api.get(path))).metadata.name).toBe(name);
  expect((await answered(200, api.get(collection + query))).items).toHaveLength(3);
  await changes(api, path, operations);
  await seen(watch, 'ADDED', name);
  await answered(200, api.delete(path));
  await until('the object to be gone', async () => (await api.get(path)).status === 404);
  await seen(watch, 'DELETED', name);
  watch.close();
  await answered(200, api.delete(collection + query));
  await until('the collection to be empty', async () => (await api.get(collection + query)).body.items.length === 0);
}

/** Patch and update of the object and its status; each must be there afterwards. */
async function changes(api: ApiClient, path: string, { patch, update, status }: Operations): Promise<void> {
  const patched = await answered(
    200,
    api.patch(path, patch?.body ?? { metadata: { annotations: { patched: 'true' } } }),
  );
  expect(patch?.shows(patched) ?? patched.metadata.annotations.patched === 'true').toBe(true);
  await until('an update without a conflict', async () => {
    const copy = (await api.get(path)).body;
    if (update === undefined) copy.metadata.annotations.updated = 'true';
    else update.change(copy);
    const { status: code, body } = await api.put(path, copy);
    if (code === 409) return false;
    expect([code, body.message]).toEqual([200, undefined]);
    expect(update?.shows(body) ?? body.metadata.annotations.updated === 'true').toBe(true);
    return true;
  });
  if (status === undefined) return;
  const { body: read } = await api.get(`${path}/status`);
  expect(read.metadata.name).toBe(path.slice(path.lastIndexOf('/') + 1));
  expect(status.shows(await answered(200, api.patch(`${path}/status`, status.body)))).toBe(true);
  expect(status.shows(await answered(200, api.get(path)))).toBe(true);
}

async function discoverable(api: ApiClient, collection: string): Promise<void> {
  const [, base = '', resource = ''] =
    /^(\/apis?\/(?:[^/]+\/)?v\w+)(?:\/namespaces\/[^/]+)?\/([^/]+)$/.exec(collection) ?? [];
  const list = await answered(200, api.get(base));
  expect(list.resources.map((each: { name: string }) => each.name)).toContain(resource);
}

/** Waits for an event of that type and name. */
export async function seen(watch: WatchStream, type: string, name: string): Promise<Document> {
  for (;;) {
    const event = await watch.next();
    if (event.type === type && event.object.metadata.name === name) return event.object;
  }
}
