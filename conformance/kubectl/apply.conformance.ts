// Client-side apply: what it creates, leaves, configures, prunes; diff; and an ordinary application read back.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { table } from '../support/kubectl.ts';
import { application } from './application.ts';
import { describeKubectl } from './suite.ts';

function configMap(name: string, data: Record<string, string>, labels: Record<string, string> = {}) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels }, data };
}

function deployment(name: string, containers: object[], more: object = {}) {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } }, ...more },
  };
}

/** True when every field of `wanted` is in `stored` with the same value; what defaulting added is passed over. */
function contains(stored: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted))
    return (
      Array.isArray(stored) && stored.length === wanted.length && wanted.every((item, i) => contains(stored[i], item))
    );
  if (wanted === null || typeof wanted !== 'object') return stored === wanted;
  const entries = Object.entries(wanted);
  return (
    typeof stored === 'object' &&
    stored !== null &&
    entries.every(([name, value]) => contains((stored as Record<string, unknown>)[name], value))
  );
}

describeKubectl('apply', (suite) => {
  const k = () => suite().kubectl;

  test('creates, leaves unchanged, configures, and removes what is no longer there', async () => {
    const first = deployment(
      'web',
      [
        { name: 'web', image: 'nginx:1' },
        { name: 'side', image: 'busybox:1' },
      ],
      { replicas: 2, paused: true },
    );
    expect(await k().ok('apply -f -', { input: first })).toBe('deployment.apps/web created\n');
    expect(await k().ok('apply -f -', { input: first })).toBe('deployment.apps/web unchanged\n');
    // Somebody else's change to a field that is not in the manifest stays; a field that left the manifest goes.
    await k().ok('scale deployment web --replicas=5');
    const second = deployment('web', [{ name: 'web', image: 'nginx:2' }]);
    expect(await k().ok('apply -f -', { input: { ...second, spec: { ...second.spec, minReadySeconds: 3 } } })).toBe(
      'deployment.apps/web configured\n',
    );
    const spec = (await k().json<{ spec: Record<string, unknown> }>('get deployment web')).spec;
    expect(spec).toMatchObject({
      replicas: 1,
      minReadySeconds: 3,
      template: { spec: { containers: [{ name: 'web', image: 'nginx:2' }] } },
    });
    expect(spec['paused']).toBeUndefined();
    expect(await k().ok('apply view-last-applied deployment/web')).toContain('image: nginx:2');
  });

  test('lists and several documents, dry runs, and strict validation', async () => {
    const several = ['one', 'two']
      .map((name) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {a: "1"}\n`)
      .join('---\n');
    expect(await k().ok('apply -f -', { input: several })).toBe('configmap/one created\nconfigmap/two created\n');
    expect(await k().ok('apply --dry-run=server -f -', { input: configMap('one', { a: '2' }) })).toBe(
      'configmap/one configured (server dry run)\n',
    );
    expect(await k().ok("get configmap one -o jsonpath='{.data.a}'")).toBe('1');
    const typo = deployment('typo', [{ name: 'web', imagee: 'nginx' }]);
    expect(await k().fails('apply -f -', { input: typo })).toContain(
      'unknown field "spec.template.spec.containers[0].imagee"',
    );
    expect(await k().fails('get deployment typo')).toContain('NotFound');
    const ignored = deployment('typo', [{ name: 'web', image: 'nginx', imagee: 'nginx' }]);
    expect(await k().ok('apply --validate=ignore -f -', { input: ignored })).toBe('deployment.apps/typo created\n');
  });

  test('prunes what the manifests no longer name', async () => {
    const folder = path.join(k().folder, 'pruned');
    mkdirSync(folder);
    for (const name of ['keep', 'drop'])
      writeFileSync(path.join(folder, `${name}.json`), JSON.stringify(configMap(name, { a: 'b' }, { set: 'pruned' })));
    const prune = `--prune -l set=pruned --prune-allowlist=core/v1/ConfigMap`;
    expect(await k().ok(`apply -f ${folder} ${prune}`)).toBe('configmap/drop created\nconfigmap/keep created\n');
    expect(await k().ok(`apply -f ${folder}/keep.json ${prune}`)).toBe(
      'configmap/keep unchanged\nconfigmap/drop pruned\n',
    );
    expect(await k().ok('get configmap -l set=pruned -o name')).toBe('configmap/keep\n');
  });

  test('diff prints the lines that would change and exits 1, or nothing and 0', async () => {
    await k().ok('apply -f -', { input: configMap('compared', { colour: 'red' }) });
    expect(await k().run('diff -f -', { input: configMap('compared', { colour: 'red' }) })).toMatchObject({
      code: 0,
      stdout: '',
    });
    const changed = await k().run('diff -f -', { input: configMap('compared', { colour: 'blue' }) });
    expect(changed.code).toBe(1);
    expect(changed.stdout).toMatch(/^- +colour: red$/m);
    expect(changed.stdout).toMatch(/^\+ +colour: blue$/m);
    const added = await k().run('diff -f -', { input: configMap('not-there', { a: 'b' }) });
    expect(added).toMatchObject({ code: 1 });
    expect(added.stdout).toMatch(/^\+kind: ConfigMap$/m);
    expect(await k().ok("get configmap compared -o jsonpath='{.data.colour}'")).toBe('red');
  });

  test('a two-tier application: applies, reads back as written but for defaults, and deletes', async () => {
    const file = path.join(k().folder, 'application.json');
    writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: application }));
    const printed = await k().ok(`apply -f ${file}`);
    expect(printed.trim().split('\n')).toEqual([
      'secret/guestbook-database created',
      'deployment.apps/guestbook-database created',
      'service/guestbook-database created',
      'deployment.apps/guestbook-web created',
      'service/guestbook-web created',
    ]);
    for (const wanted of application) {
      const stored = await k().json(`get ${wanted.kind.toLowerCase()} ${wanted.metadata.name}`);
      const { stringData, ...plain } = wanted as typeof wanted & { stringData?: Record<string, string> };
      expect({ name: wanted.metadata.name, kind: wanted.kind, same: contains(stored, plain) }).toEqual({
        name: wanted.metadata.name,
        kind: wanted.kind,
        same: true,
      });
      if (stringData !== undefined) {
        const data = Object.fromEntries(
          Object.entries(stringData).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
        );
        expect(stored['data']).toEqual(data);
      }
    }
    expect(table(await k().ok('get service guestbook-web'))[0]).toMatchObject({
      TYPE: 'LoadBalancer',
      'EXTERNAL-IP': '<pending>',
    });
    // kubectl itself always patches a Secret's stringData, which no server stores.
    const again = (await k().ok(`apply -f ${file}`)).trim().split('\n');
    expect(again.filter((line) => !line.endsWith(' unchanged'))).toEqual(['secret/guestbook-database configured']);
    expect((await k().ok(`delete -f ${file} --cascade=background`)).match(/deleted/g)).toHaveLength(5);
    expect(await k().ok('get secret,deployment,service -l app=guestbook -o name')).toBe('');
  });
});
