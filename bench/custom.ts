// A custom resource beside Pods of the same content: creates and GETs of both in turn, and the ratio of the two. Its schema names every
// field with its type, so that both are checked whole.
import type { BenchContext } from './context.ts';
import { createRequests, makeNamespace, podName, podsPath, sequence, template } from './fixtures.ts';
import { call, request, type Target } from './http.ts';
import { closedLoop, type LoadResult } from './load.ts';
import { podBody } from './pod.ts';
import { type Figure, loadFigure } from './report.ts';

const group = 'bench.pgplane.io';
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const definitionName = `shops.${group}`;
const readObjects = 100;

/** The schema that a value fits, every field of it named. */
function schemaOf(value: unknown): object {
  if (Array.isArray(value)) {
    return { type: 'array', items: value.map(schemaOf).reduce(merged, {}) };
  }
  if (typeof value === 'object' && value !== null) {
    const properties = Object.entries(value).map(([name, field]) => [name, schemaOf(field)] as const);
    return { type: 'object', properties: Object.fromEntries(properties) };
  }
  return { type: typeof value === 'number' ? 'integer' : typeof value };
}

type Schema = { type?: string; properties?: Record<string, Schema>; items?: Schema };

/** The schema of what fits either; both are of one type. */
function merged(a: Schema, b: Schema): Schema {
  const properties = { ...a.properties };
  for (const [name, schema] of Object.entries(b.properties ?? {}))
    properties[name] = merged(properties[name] ?? {}, schema);
  const items = a.items && b.items ? merged(a.items, b.items) : (b.items ?? a.items);
  return { ...a, ...b, ...(Object.keys(properties).length > 0 && { properties }), ...(items && { items }) };
}

/** Makes the definition, and resolves when its resource is served. */
async function define(target: Target, pod: { spec: unknown }): Promise<void> {
  const schema = { type: 'object', properties: { spec: schemaOf(pod.spec) } };
  const spec = {
    group,
    scope: 'Namespaced',
    names: { plural: 'shops', singular: 'shop', kind: 'Shop' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
  };
  const apiVersion = 'apiextensions.k8s.io/v1';
  const body = { apiVersion, kind: 'CustomResourceDefinition', metadata: { name: definitionName }, spec };
  await call(target, request(target, 'POST', definitions, JSON.stringify(body)), [201]);
  const list = request(target, 'GET', `/apis/${group}/v1/shops`);
  const served = async (): Promise<boolean> => (await call(target, list, [200, 404])).startsWith('{"kind":"ShopList"');
  for (const deadline = Date.now() + 10_000; !(await served()); ) {
    if (Date.now() > deadline) throw new Error('the custom resource is not served');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** What is measured of one resource. */
interface Subject {
  name: string;
  path: string;
  create(index: number): Buffer;
}

/** Creates and GETs of Pods and of a custom resource, at each number of connections. */
export async function custom(context: BenchContext): Promise<Figure[]> {
  const { target } = context;
  const namespace = context.namespace('custom');
  await makeNamespace(target, namespace);
  const placeholder = '########';
  const pod = JSON.parse(podBody(podName(0).replace(sequence(0), placeholder), placeholder)) as { spec: unknown };
  await define(target, pod);
  const path = `/apis/${group}/v1/namespaces/${namespace}/shops`;
  const body = JSON.stringify({ ...pod, apiVersion: `${group}/v1`, kind: 'Shop' });
  const subjects: Subject[] = [
    { name: 'Pods', path: podsPath(namespace), create: createRequests(target, namespace) },
    { name: 'custom resource', path, create: template(request(target, 'POST', path, body), placeholder) },
  ];
  const figures = [...(await createsOf(context, subjects)), ...(await getsOf(context, subjects))];
  const everything = JSON.stringify({ kind: 'DeleteOptions', apiVersion: 'v1' });
  await call(target, request(target, 'DELETE', `${definitions}/${definitionName}`, everything), [200]);
  await context.drop(namespace);
  return figures;
}

async function createsOf(context: BenchContext, subjects: readonly Subject[]): Promise<Figure[]> {
  const next = subjects.map(() => 0);
  return inTurn(
    context,
    'creates',
    subjects,
    ({ create }, i) =>
      () =>
        create(next[i]!++),
  );
}

async function getsOf(context: BenchContext, subjects: readonly Subject[]): Promise<Figure[]> {
  return inTurn(context, 'GET', subjects, ({ path }) => {
    const gets = Array.from({ length: readObjects }, (_, i) => request(context.target, 'GET', `${path}/${podName(i)}`));
    return (index) => gets[index % readObjects]!;
  });
}

/** One subject after the other at each number of connections; each is warmed up before. */
async function inTurn(
  context: BenchContext,
  what: string,
  subjects: readonly Subject[],
  requestsOf: (subject: Subject, index: number) => (index: number) => Buffer,
): Promise<Figure[]> {
  const { target, seconds, count } = context;
  const works = subjects.map(requestsOf);
  for (const each of works)
    await closedLoop(target, { connections: 32, seconds: context.warmupSeconds, count, request: each });
  const figures: Figure[] = [];
  for (const connections of context.connections) {
    let first: LoadResult | undefined;
    for (const [i, { name }] of subjects.entries()) {
      const cpu = context.serverCpu();
      const load = await closedLoop(target, { connections, seconds, count, request: works[i]! });
      const limit = first && { name: 'Pods', value: first.perSecond, unit: '/s' };
      figures.push(context.say(loadFigure(`${what} of ${name}, ${connections} connections`, load, cpu(), limit)));
      first ??= load;
    }
  }
  return figures;
}
