// Operators' custom resources: each definition of `definitions/` is served at once, keeps what it should, refuses what it should with every
// cause, converts, selects, scales; and the command that tries definitions of files finds nothing wrong with them.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import type { Document } from '../api/support/client.ts';
import { ConversionWebhook } from '../api/support/conversion-webhook.ts';
import { crds, established, removed } from '../api/support/custom.ts';
import { runProgram } from '../support/program.ts';
import { until } from '../support/until.ts';
import { answered, judge, uniqueName } from '../upstream/support.ts';
import { type Case, cases, type Refused } from './cases.ts';

const folder = fileURLToPath(new URL('definitions', import.meta.url));
const definitionIn = (file: string): Document => parse(readFileSync(`${folder}/${file}.yaml`, 'utf8'));

const judged = judge();
const api = () => judged().api;

/** Objects of one definition, by a version. */
class Objects {
  readonly #definition: Document;

  constructor(definition: Document) {
    this.#definition = definition;
  }

  path(version: string, name = ''): string {
    const { group, names, scope } = this.#definition.spec;
    const namespace = scope === 'Namespaced' ? `/namespaces/${judged().namespace}` : '';
    return `/apis/${group}/${version}${namespace}/${names.plural}${name && `/${name}`}`;
  }

  make(version: string, name: string, spec: Document): Document {
    const { group, names } = this.#definition.spec;
    return { apiVersion: `${group}/${version}`, kind: names.kind, metadata: { name }, spec };
  }
}

const causesOf = (body: Document): string[] =>
  (body.details?.causes ?? []).map(({ field, message }: Document) => `${field}: ${message}`).sort();

/** Sends what must be refused: a create, or an update of what was there before. */
async function refuse(objects: Objects, version: string, { before, spec, name = uniqueName('o') }: Refused) {
  if (before === undefined) return api().post(objects.path(version), objects.make(version, name, spec));
  const stored = await api().made(objects.path(version), objects.make(version, name, before));
  return api().put(objects.path(version, name), { ...stored, spec });
}

describe.each(cases.map((each): [string, Case] => [each.file, each]))('%s', (file, { version, accepted, refused }) => {
  const definition = definitionIn(file);
  const objects = new Objects(definition);
  beforeAll(async () => {
    await established(api(), definition);
    await until('it to be served', async () => (await api().get(objects.path(version))).status === 200);
  });
  afterAll(() => removed(api(), definition.metadata.name));

  test.each(accepted)('keeps $spec', async ({ spec, stored = spec }) => {
    const name = uniqueName('o');
    const created = await answered(201, api().post(objects.path(version), objects.make(version, name, spec)));
    const read = await answered(200, api().get(objects.path(version, name)));
    expect([created.spec, read]).toEqual([stored, created]);
    const replaced = await answered(200, api().put(objects.path(version, name), read));
    expect([replaced.spec, replaced.metadata.generation]).toEqual([stored, 1]);
  });

  test.each(refused)('refuses $spec', async (request) => {
    const { status, body } = await refuse(objects, version, request);
    expect([status, causesOf(body)]).toEqual([422, [...request.causes].sort()]);
  });
});

describe('what goes beyond single objects', () => {
  test('fields select, columns print, scale and status are apart', async () => {
    const definition = definitionIn('databases');
    await established(api(), definition);
    const objects = new Objects(definition);
    const storage = { size: '1Gi', class: 'fast' };
    for (const [name, spec] of [
      ['rows', { engine: 'row', storage }],
      ['columns', { engine: 'column', storage, instances: 3 }],
    ] as const)
      await until(
        `${name} to be accepted`,
        async () => (await api().post(objects.path('v1'), objects.make('v1', name, spec))).status === 201,
      );
    const selected = async (selector: string) =>
      (await answered(200, api().get(`${objects.path('v1')}?fieldSelector=${selector}`))).items.map(
        (item: Document) => item.metadata.name,
      );
    expect(await selected('spec.engine=column')).toEqual(['columns']);
    expect(await selected('spec.storage.class=fast,spec.engine!=column')).toEqual(['rows']);
    expect((await api().get(`${objects.path('v1')}?fieldSelector=spec.instances=3`)).body.message).toBe(
      'field label not supported: spec.instances',
    );
    const status = { instances: 2, selector: 'app=x', conditions: [{ type: 'Ready', status: 'True' }] };
    await answered(200, api().patch(objects.path('v1', 'columns/status'), { spec: { instances: 5 }, status }));
    const scale = await answered(200, api().get(objects.path('v1', 'columns/scale')));
    expect([scale.spec, scale.status]).toEqual([{ replicas: 3 }, { replicas: 2, selector: 'app=x' }]);
    const table = await answered(
      200,
      api().get(objects.path('v1'), { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }),
    );
    expect(table.rows.map(({ cells }: Document) => cells.slice(0, 4))).toEqual([
      ['columns', 'column', 3, 'True'],
      ['rows', 'row', 1, null],
    ]);
    await removed(api(), definition.metadata.name);
  });

  test('discovery and OpenAPI describe both versions as upstream does', async () => {
    const definition = definitionIn('routes');
    await established(api(), definition);
    const { group } = definition.spec;
    const paths = `/apis/${group}/v1/namespaces/{namespace}/routes`;
    const v3 = await until('OpenAPI v3', async () => {
      const { status, body } = await api().get(`/openapi/v3/apis/${group}/v1`);
      return status === 200 && body.paths?.[paths] !== undefined && body;
    });
    expect(v3.paths[paths].get).toMatchObject({
      operationId: 'listTrafficXExampleComV1NamespacedRoute',
      tags: ['trafficXExampleCom_v1'],
    });
    const v2 = await until('OpenAPI v2', async () => {
      const { body } = await api().get('/openapi/v2');
      return body.paths[`${paths}/{name}`] !== undefined && body;
    });
    const shared = (method: string) =>
      v2.paths[`${paths}/{name}`][method].parameters.map(({ $ref }: Document) => $ref?.replace(/-[^-]*$/, ''));
    expect([shared('delete'), shared('patch')]).toEqual([
      expect.arrayContaining(['#/parameters/body']),
      expect.arrayContaining(['#/parameters/body']),
    ]);
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const found = await until('aggregated discovery', async () => {
      const { items } = await answered(200, api().get('/apis', { accept }));
      return items.find((item: Document) => item.metadata.name === group);
    });
    expect(
      found.versions.map(({ version, resources }: Document) => [
        version,
        resources[0].resource,
        resources[0].responseKind,
      ]),
    ).toEqual(['v1', 'v1beta1'].map((version) => [version, 'routes', { group, version, kind: 'Route' }]));
    await removed(api(), definition.metadata.name);
  });

  test('a status that the schema gives is there from the start, and only its owner changes it', async () => {
    const definition = definitionIn('releases');
    await established(api(), definition);
    const objects = new Objects(definition);
    const release = objects.make('v1', 'one', { template: { apiVersion: 'v1', kind: 'Pod' } });
    const wanted = { phase: 'Pending', conditions: [{ type: 'Progressing', status: 'Unknown' }] };
    const created = await until('it to be served', async () => {
      const { status, body } = await api().post(objects.path('v1'), { ...release, status: { phase: 'Done' } });
      return status === 201 && body;
    });
    expect([created.status, (await api().get(objects.path('v1', 'one'))).body.status]).toEqual([wanted, wanted]);
    const ran = await answered(200, api().patch(objects.path('v1', 'one/status'), { status: { phase: 'Running' } }));
    expect([ran.status, ran.metadata.generation]).toEqual([{ ...wanted, phase: 'Running' }, 1]);
    const updated = await answered(
      200,
      api().patch(objects.path('v1', 'one'), { spec: { replicas: 2 }, status: { phase: 'Done' } }),
    );
    expect([updated.status.phase, updated.metadata.generation]).toEqual(['Running', 2]);
    await removed(api(), definition.metadata.name);
  });

  test('a webhook converts between versions, for reads, lists, watches and applies', async () => {
    const webhook = new ConversionWebhook();
    await webhook.start();
    const definition = definitionIn('paints');
    const { url: address, caBundle } = webhook;
    const conversionReviewVersions = ['v1'];
    definition.spec.conversion = {
      strategy: 'Webhook',
      webhook: { conversionReviewVersions, clientConfig: { url: address, caBundle } },
    };
    await established(api(), definition);
    const objects = new Objects(definition);
    await until('v2 to be served', async () => (await api().get(objects.path('v2'))).status === 200);
    const watch = await api().watch(objects.path('v2'));
    await api().made(objects.path('v1'), objects.make('v1', 'one', { color: 'red', litres: 2 }));
    await api().made(objects.path('v2'), objects.make('v2', 'two', { hue: 'blue' }));
    const specs = async (version: string) =>
      (await answered(200, api().get(objects.path(version)))).items.map(({ spec }: Document) => spec);
    expect(await specs('v1')).toEqual([{ color: 'red', litres: 2 }, { color: 'blue' }]);
    expect(await specs('v2')).toEqual([{ hue: 'red', litres: 2 }, { hue: 'blue' }]);
    expect([(await watch.next()).object.spec, (await watch.next()).object.spec]).toEqual([
      { hue: 'red', litres: 2 },
      { hue: 'blue' },
    ]);
    watch.close();
    const wrong = await api().post(objects.path('v2'), objects.make('v2', 'wrong', { hue: 'grey' }));
    expect(causesOf(wrong.body)).toEqual([
      'spec.hue: Unsupported value: "grey": supported values: "white", "red", "blue"',
    ]);
    const applied = await api().patch(
      `${objects.path('v2', 'one')}?fieldManager=painter&force=true`,
      objects.make('v2', 'one', { hue: 'white' }),
      { 'content-type': 'application/apply-patch+yaml' },
    );
    expect([applied.status, applied.body.spec]).toEqual([200, { hue: 'white', litres: 2 }]);
    expect((await api().get(objects.path('v1', 'one'))).body.spec).toEqual({ color: 'white', litres: 2 });
    await removed(api(), definition.metadata.name);
    await webhook.stop();
  });
});

test('run.ts finds every definition served within a second', async () => {
  const files = readdirSync(folder).map((file) => `${folder}/${file}`);
  const program = fileURLToPath(new URL('run.ts', import.meta.url));
  const { endpoint } = api();
  const url = `https://127.0.0.1:${endpoint.port}`;
  const args = [program, '--url', url, '--token', endpoint.token, ...files];
  const { code, stdout, stderr } = await runProgram(process.execPath, args);
  expect({ code, stderr, last: stdout.trim().split('\n').at(-1) }).toEqual({
    code: 0,
    stderr: '',
    last: `${files.length} of ${files.length} definitions passed`,
  });
  expect((await api().get(crds)).body.items.map(({ metadata }: Document) => metadata.name)).not.toContain(
    'databases.data.example.com',
  );
});
