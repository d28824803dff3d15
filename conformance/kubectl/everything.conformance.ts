// A folder with an object of every built-in kind: applied, seen by `get`, applied again without a change, and deleted without a trace.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import type { Kubectl } from '../support/kubectl.ts';
import { describeKubectl } from './suite.ts';

const folder = fileURLToPath(new URL('everything', import.meta.url));

interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
}

/** Kinds that stay out: those that are no objects to keep, and those whose objects are the server's own configuration. */
const notKept = new Set(['Binding', 'ComponentStatus', 'APIService', 'CustomResourceDefinition']);

function manifests(): Manifest[] {
  return readdirSync(folder)
    .sort()
    .flatMap((file) =>
      parseAllDocuments(readFileSync(`${folder}/${file}`, 'utf8')).map((document) => document.toJS() as Manifest),
    );
}

/** Removes finalizers, as the controllers would that they wait for; a namespace's through its own subresource. */
async function finalize(k: Kubectl): Promise<void> {
  for (const type of ['persistentvolumeclaim', 'persistentvolume', 'volumeattributesclass', 'servicecidr', 'pod']) {
    for (const name of (await k.ok(`get ${type} -l set=everything -o name`)).split('\n').filter(Boolean))
      await k.run(`patch ${name} --type=merge`, { more: ['-p', '{"metadata":{"finalizers":null}}'] });
  }
  const namespace = await k.run('get namespace everything -o json');
  if (namespace.code !== 0) return;
  const object = JSON.parse(namespace.stdout) as { spec: { finalizers?: string[] } };
  object.spec.finalizers = [];
  await k.ok('replace --raw /api/v1/namespaces/everything/finalize -f -', { input: object });
}

describeKubectl('every built-in kind', (suite) => {
  const k = () => suite().kubectl.in('everything');

  test('the folder has every kind that can be created and listed', async () => {
    const listed = await k().ok('api-resources --verbs=create,list --no-headers');
    const kinds = listed
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).at(-1)!);
    const missing = kinds.filter(
      (kind) => !notKept.has(kind) && !manifests().some((manifest) => manifest.kind === kind),
    );
    expect(missing).toEqual([]);
  });

  test('apply, get, apply again, delete: nothing is left', async () => {
    const applied = (await k().ok(`apply -f ${folder}`)).trim().split('\n');
    expect(applied.filter((line) => !line.endsWith(' created'))).toEqual([]);
    expect(applied).toHaveLength(manifests().length);

    const types = (await k().ok('api-resources --verbs=list -o name')).trim().split('\n');
    const got = (await k().ok(`get ${types.join(',')} -A -l set=everything -o name`)).trim().split('\n');
    const names = new Set(got.map((line) => line.split('/')[1]));
    // Events appear in both groups; everything else once.
    expect(got.filter((line) => !line.startsWith('event'))).toHaveLength(
      manifests().filter(({ kind }) => kind !== 'Event').length,
    );
    for (const { metadata } of manifests()) expect(names).toContain(metadata.name);
    const all = await k().ok('get all -A');
    for (const type of [
      'pod',
      'service',
      'daemonset.apps',
      'deployment.apps',
      'replicaset.apps',
      'statefulset.apps',
      'job.batch',
      'cronjob.batch',
      'replicationcontroller',
    ])
      expect(all).toMatch(new RegExp(`^everything +${type}/everything `, 'm'));
    expect(await k().ok(`get ${types.join(',')} -A -l set=everything`)).toContain('everything');

    // kubectl sends a patch wherever a list that it replaces whole has defaults in it, and says `configured`; nothing may change by it.
    const revisions = `get ${types.join(',')} -A -l set=everything -o custom-columns=KIND:.kind,NAME:.metadata.name,REVISION:.metadata.resourceVersion`;
    const before = await k().ok(revisions);
    expect(await k().ok(`apply -f ${folder}`)).not.toContain('created');
    expect(await k().ok(revisions)).toBe(before);

    await k().ok(`delete -f ${folder} --wait=false --cascade=background --grace-period=0 --force`);
    await finalize(k());
    expect(await k().ok(`get ${types.join(',')} -A -l set=everything -o name`)).toBe('');
    expect(await k().fails('get namespace everything')).toContain('(NotFound)');
  });
});
