// What kubectl learns of a server before it does anything: version, resources, explanations, raw paths, its own configuration.
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { table } from '../support/kubectl.ts';
import { describeKubectl } from './suite.ts';

const allVerbs = 'create,delete,deletecollection,get,list,patch,update,watch';

/** The expected rows of `kubectl api-resources -o wide`, sorted. */
function expectedResources(): string[] {
  const text = readFileSync(new URL('api-resources.txt', import.meta.url), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.replace(' * ', ` ${allVerbs} `))
    .sort();
}

const columns = ['NAME', 'SHORTNAMES', 'APIVERSION', 'NAMESPACED', 'KIND', 'VERBS', 'CATEGORIES'];

describeKubectl('discovery', (suite) => {
  const k = () => suite().kubectl;

  test('version', async () => {
    const text = await k().ok('version');
    expect(text).toMatch(/^Client Version: v1\.\d+/);
    expect(text).toMatch(/^Server Version: v1\.36\./m);
    const { serverVersion } = await k().json<{ serverVersion: Record<string, string> }>('version');
    expect(serverVersion).toMatchObject({ major: '1', minor: '36' });
    expect(serverVersion['gitVersion']).toMatch(/^v1\.36\./);
  });

  test('cluster-info', async () => {
    const text = await k().ok('cluster-info');
    expect(text).toContain(`Kubernetes control plane is running at ${suite().cluster.url}`);
  });

  test('api-resources prints what Kubernetes v1.36 has: names, short names, versions, scope, kinds, verbs, categories', async () => {
    const rows = table(await k().ok('api-resources -o wide'));
    const printed = rows.map((row) => columns.map((column) => row[column] || '-').join(' ')).sort();
    expect(printed).toEqual(expectedResources());
  });

  test('api-resources by scope, group, verb and category', async () => {
    const clusterScoped = await k().ok('api-resources --namespaced=false -o name');
    expect(clusterScoped).toContain('nodes\n');
    expect(clusterScoped).not.toContain('pods\n');
    const apps = (await k().ok('api-resources --api-group=apps -o name')).trim().split('\n').sort();
    expect(apps).toEqual(
      ['controllerrevisions', 'daemonsets', 'deployments', 'replicasets', 'statefulsets'].map((name) => `${name}.apps`),
    );
    const all = (await k().ok('api-resources --categories=all -o name')).trim().split('\n').sort();
    expect(all).toEqual([
      'cronjobs.batch',
      'daemonsets.apps',
      'deployments.apps',
      'horizontalpodautoscalers.autoscaling',
      'jobs.batch',
      'pods',
      'replicasets.apps',
      'replicationcontrollers',
      'services',
      'statefulsets.apps',
    ]);
    expect(await k().ok('api-resources --verbs=list,get -o name')).not.toContain('bindings\n');
  });

  test('api-versions', async () => {
    const versions = (await k().ok('api-versions')).trim().split('\n').sort();
    const expected = new Set(expectedResources().map((line) => line.split(' ')[2]!));
    expect(versions).toEqual([...expected, 'autoscaling/v1'].sort());
  });

  test('explain', async () => {
    const pod = await k().ok('explain pods');
    expect(pod).toMatch(/^KIND: +Pod$/m);
    expect(pod).toMatch(/^VERSION: +v1$/m);
    expect(pod).toMatch(/^ {2}spec\t<PodSpec>$/m);
    expect(await k().ok('explain deployments.spec.replicas')).toMatch(/^FIELD: replicas <integer>$/m);
    expect(await k().ok('explain pods.spec.containers.ports')).toMatch(/containerPort\t<integer> -required-/);
    expect(await k().ok('explain cronjobs --recursive')).toMatch(/^ {4}jobTemplate\t<JobTemplateSpec> -required-$/m);
    expect(await k().ok('explain hpa --api-version=autoscaling/v1')).toMatch(/^VERSION: +v1$/m);
    expect(await k().fails('explain pods.nope')).toContain('field "nope" does not exist');
  });

  test('get --raw', async () => {
    expect(JSON.parse(await k().ok('get --raw /version'))).toMatchObject({ major: '1', minor: '36' });
    expect(await k().ok('get --raw /readyz')).toBe('ok');
    expect(await k().ok('get --raw /readyz?verbose')).toMatch(/^\[\+\]ping ok$/m);
    expect(JSON.parse(await k().ok('get --raw /api/v1/namespaces/default'))).toMatchObject({ kind: 'Namespace' });
    expect(JSON.parse(await k().ok('get --raw /apis/apps/v1'))).toMatchObject({
      kind: 'APIResourceList',
      groupVersion: 'apps/v1',
    });
    expect(await k().fails('get --raw /nope')).toContain('the server could not find the requested resource');
  });

  test('config view hides what is secret, and shows it when asked', async () => {
    const hidden = await k().ok('config view');
    expect(hidden).toMatch(/certificate-authority-data: DATA\+OMITTED/);
    expect(hidden).not.toMatch(/PRIVATE|LS0t/);
    expect(await k().ok('config view --raw')).toMatch(/certificate-authority-data: LS0t/);
    expect(await k().ok('config current-context')).toBe('pgplane\n');
    expect(await k().ok('config get-contexts -o name')).toBe('pgplane\n');
  });
});
