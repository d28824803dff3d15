// One object's life: create, describe, edit, label, annotate, patch, replace, delete, and what each prints.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { headers, table } from '../support/kubectl.ts';
import { describeKubectl } from './suite.ts';

interface ConfigMap {
  metadata: {
    name: string;
    resourceVersion: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  data?: Record<string, string>;
}

function configMap(name: string, data: Record<string, string> = {}, labels: Record<string, string> = {}) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels }, data };
}

function pod(name: string) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { containers: [{ name: 'main', image: 'nginx:1' }] },
  };
}

describeKubectl('objects', (suite) => {
  const k = () => suite().kubectl;

  test.each([
    ['configmap settings --from-literal=a=1', 'configmap/settings created'],
    ['secret generic password --from-literal=password=x', 'secret/password created'],
    ['secret docker-registry pull --docker-server=r --docker-username=u --docker-password=p', 'secret/pull created'],
    ['serviceaccount robot', 'serviceaccount/robot created'],
    ['deployment web --image=nginx:1 --replicas=2', 'deployment.apps/web created'],
    ['job once --image=busybox', 'job.batch/once created'],
    ["cronjob nightly --image=busybox --schedule='0 3 * * *'", 'cronjob.batch/nightly created'],
    ['service clusterip inside --tcp=80:8080', 'service/inside created'],
    ['service nodeport outside --tcp=80:8080', 'service/outside created'],
    ['service loadbalancer balanced --tcp=80:8080', 'service/balanced created'],
    ['service externalname elsewhere --external-name=example.com', 'service/elsewhere created'],
    ['role reader --verb=get,list --resource=pods', 'role.rbac.authorization.k8s.io/reader created'],
    [
      'rolebinding readers --role=reader --serviceaccount=suite:robot',
      'rolebinding.rbac.authorization.k8s.io/readers created',
    ],
    [
      'clusterrole suite-reader --verb=get --resource=nodes',
      'clusterrole.rbac.authorization.k8s.io/suite-reader created',
    ],
    [
      'clusterrolebinding suite-readers --clusterrole=suite-reader --user=jane',
      'clusterrolebinding.rbac.authorization.k8s.io/suite-readers created',
    ],
    ['quota limits --hard=pods=10', 'resourcequota/limits created'],
    ['poddisruptionbudget web --selector=app=web --min-available=1', 'poddisruptionbudget.policy/web created'],
    ['priorityclass urgent --value=1000', 'priorityclass.scheduling.k8s.io/urgent created'],
    ['ingress site --rule=example.com/*=inside:80', 'ingress.networking.k8s.io/site created'],
    ['namespace another', 'namespace/another created'],
  ])('create %s', async (line, printed) => {
    expect(await k().ok(`create ${line}`)).toBe(`${printed}\n`);
    const [type, name] = printed.split(' ')[0]!.split('/');
    expect(await k().ok(`get ${type} ${name} -o name`)).toBe(`${type}/${name}\n`);
    const again = await k().fails(`create ${line}`);
    expect(again).toMatch(new RegExp(`"${name}" already exists$`, 'm'));
  });

  test('create from a file, from standard input, with a generated name, and dry', async () => {
    const file = path.join(k().folder, 'two.json');
    writeFileSync(
      file,
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [configMap('file-1'), configMap('file-2')] }),
    );
    expect(await k().ok(`create -f ${file}`)).toBe('configmap/file-1 created\nconfigmap/file-2 created\n');
    const generated = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'made-' } };
    expect(await k().ok('create -f -', { input: generated })).toMatch(/^configmap\/made-[a-z0-9]{5} created\n$/);
    expect(await k().ok('create configmap dry --dry-run=server')).toBe('configmap/dry created (server dry run)\n');
    expect(await k().fails('get configmap dry')).toBe('Error from server (NotFound): configmaps "dry" not found\n');
  });

  test('create refuses what is invalid, and says why', async () => {
    expect(await k().fails('create configmap Not_Allowed')).toContain(
      'is invalid: metadata.name: Invalid value: "Not_Allowed"',
    );
    const typo = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'typo' }, spec: { replica: 1 } };
    expect(await k().fails('create -f -', { input: typo })).toContain(
      'strict decoding error: unknown field "spec.replica"',
    );
    const kind = { apiVersion: 'v1', kind: 'Potato', metadata: { name: 'x' } };
    expect(await k().fails('create -f -', { input: kind })).toContain('no matches for kind "Potato" in version "v1"');
    expect(await k().fails('create configmap x --namespace nowhere')).toBe(
      'error: failed to create configmap: namespaces "nowhere" not found\n',
    );
  });

  test('describe', async () => {
    await k().ok('run described --image=nginx:1 --labels=app=described --env=COLOUR=blue');
    const pod = await k().ok('describe pod described');
    expect(pod).toMatch(/^Name: +described$/m);
    expect(pod).toMatch(/^Namespace: +suite$/m);
    expect(pod).toMatch(/^Labels: +app=described$/m);
    expect(pod).toMatch(/^Status: +Pending$/m);
    expect(pod).toMatch(/^ {4}Image: +nginx:1$/m);
    expect(pod).toMatch(/COLOUR: +blue/);
    expect(pod).toMatch(/^QoS Class: +BestEffort$/m);
    expect(pod).toMatch(/^Events: +<none>$/m);
    await k().ok('create deployment described --image=nginx:1');
    expect(await k().ok('describe deployment described')).toMatch(/^StrategyType: +RollingUpdate$/m);
    await k().ok('create service clusterip described --tcp=80:8080');
    expect(await k().ok('describe service described')).toMatch(/^Type: +ClusterIP$/m);
    await k().ok('create secret generic described --from-literal=key=secret');
    const secret = await k().ok('describe secret described');
    expect(secret).toMatch(/^key: +6 bytes$/m);
    expect(secret).not.toContain('c2VjcmV0');
    expect(await k().ok('describe namespace suite')).toMatch(/^Status: +Active$/m);
    expect(await k().fails('describe pod nobody')).toBe('Error from server (NotFound): pods "nobody" not found\n');
  });

  test('edit', async () => {
    await k().ok('create configmap edited --from-literal=colour=red');
    const editor = (script: string) => ({ env: { EDITOR: `sed -i ${script}`, KUBE_EDITOR: `sed -i ${script}` } });
    expect(await k().ok('edit configmap edited', editor('s/red/blue/'))).toBe('configmap/edited edited\n');
    expect((await k().json<ConfigMap>('get configmap edited')).data).toEqual({ colour: 'blue' });
    const nothing = await k().run('edit configmap edited', editor('s/nope/nope/'));
    expect(nothing.stdout + nothing.stderr).toContain('Edit cancelled, no changes made.');
    const refused = await k().fails('edit configmap edited', editor("'s/  name: edited/  name: renamed/'"));
    expect(refused).toContain('At least one of apiVersion, kind and name was changed');
  });

  test('label and annotate', async () => {
    await k().ok('create configmap labelled');
    expect(await k().ok('label configmap labelled tier=web')).toBe('configmap/labelled labeled\n');
    expect(await k().fails('label configmap labelled tier=db')).toContain(
      "'tier' already has a value (web), and --overwrite is false",
    );
    expect(await k().ok('label configmap labelled tier=db --overwrite')).toBe('configmap/labelled labeled\n');
    expect(await k().ok('get configmap -l tier=db -o name')).toBe('configmap/labelled\n');
    expect(await k().ok('get configmap -l tier=web -o name')).toBe('');
    expect(await k().ok("get configmap -l 'tier in (db,web),tier!=web' -o name")).toBe('configmap/labelled\n');
    expect(await k().ok('label configmap labelled tier-')).toBe('configmap/labelled unlabeled\n');
    expect(await k().ok('annotate configmap labelled note=a')).toBe('configmap/labelled annotated\n');
    expect((await k().json<ConfigMap>('get configmap labelled')).metadata.annotations).toEqual({ note: 'a' });
    expect(await k().fails('label configmap labelled bad=not/allowed')).toContain('not/allowed');
  });

  test('patch: strategic merge, merge, JSON, and of a subresource', async () => {
    await k().ok('create deployment patched --image=nginx:1');
    const strategic = '{"spec":{"template":{"spec":{"containers":[{"name":"sidecar","image":"busybox:1"}]}}}}';
    expect(await k().ok('patch deployment patched', { more: ['-p', strategic] })).toBe(
      'deployment.apps/patched patched\n',
    );
    const images = "get deployment patched -o jsonpath='{.spec.template.spec.containers[*].name}'";
    expect((await k().ok(images)).split(' ').sort()).toEqual(['nginx', 'sidecar']);
    const merge = '{"metadata":{"labels":{"app":null,"extra":"yes"}}}';
    expect(await k().ok('patch deployment patched --type=merge', { more: ['-p', merge] })).toBe(
      'deployment.apps/patched patched\n',
    );
    expect((await k().json<ConfigMap>('get deployment patched')).metadata.labels).toEqual({ extra: 'yes' });
    const json = '[{"op":"test","path":"/spec/replicas","value":1},{"op":"replace","path":"/spec/replicas","value":4}]';
    expect(await k().ok('patch deployment patched --type=json', { more: ['-p', json] })).toBe(
      'deployment.apps/patched patched\n',
    );
    expect(await k().ok("get deployment patched -o jsonpath='{.spec.replicas} {.metadata.generation}'")).toBe('4 3');
    expect(await k().fails('patch deployment patched --type=json', { more: ['-p', json] })).toBe(
      'The request is invalid: the server rejected our request due to an error in our request\n',
    );
    expect(await k().ok('patch deployment patched', { more: ['-p', '{}'] })).toBe(
      'deployment.apps/patched patched (no change)\n',
    );
    const status = '{"status":{"replicas":4,"readyReplicas":3,"availableReplicas":3,"updatedReplicas":4}}';
    expect(await k().ok('patch deployment patched --subresource=status --type=merge', { more: ['-p', status] })).toBe(
      'deployment.apps/patched patched\n',
    );
    expect(table(await k().ok('get deployment patched'))[0]).toMatchObject({
      READY: '3/4',
      'UP-TO-DATE': '4',
      AVAILABLE: '3',
    });
  });

  test('replace, with the version that was read and with a stale one', async () => {
    await k().ok('create configmap replaced --from-literal=a=1');
    const read = await k().json<ConfigMap>('get configmap replaced');
    expect(await k().ok('replace -f -', { input: { ...read, data: { a: '2' } } })).toBe(
      'configmap/replaced replaced\n',
    );
    expect(await k().fails('replace -f -', { input: { ...read, data: { a: '3' } } })).toContain(
      'Operation cannot be fulfilled on configmaps "replaced": the object has been modified; please apply your changes to the latest version and try again',
    );
    expect((await k().json<ConfigMap>('get configmap replaced')).data).toEqual({ a: '2' });
    expect(await k().ok('replace --force -f -', { input: configMap('replaced', { a: '4' }) })).toContain(
      'configmap/replaced replaced\n',
    );
    expect(await k().fails('replace -f -', { input: configMap('missing') })).toContain('(NotFound)');
  });

  test('delete: by name, file, label, all, with each cascade, and what is not there', async () => {
    for (const name of ['d1', 'd2', 'd3', 'd4', 'd5'])
      await k().ok('create -f -', { input: configMap(name, {}, { group: 'deleted' }) });
    expect(await k().ok('delete configmap d1')).toMatch(/^configmap "d1" deleted/);
    expect(await k().ok('delete -f -', { input: configMap('d2') })).toMatch(/^configmap "d2" deleted/);
    expect(await k().fails('delete configmap d1')).toBe('Error from server (NotFound): configmaps "d1" not found\n');
    expect(await k().ok('delete configmap d1 --ignore-not-found')).toBe('');
    expect(await k().ok('delete configmap d3 --dry-run=server')).toMatch(/\(server dry run\)/);
    expect(await k().ok('delete configmap d3 -o name')).toBe('configmap/d3\n');
    const byLabel = await k().ok('delete configmap -l group=deleted --wait=true');
    expect(byLabel).toMatch(/^configmap "d4" deleted/m);
    expect(byLabel).toMatch(/^configmap "d5" deleted/m);
    expect(await k().ok('get configmap -l group=deleted -o name')).toBe('');

    for (const cascade of ['background', 'orphan', 'foreground']) {
      await k().ok(`create deployment cascade-${cascade} --image=nginx:1`);
      expect(await k().ok(`delete deployment cascade-${cascade} --cascade=${cascade} --wait=false`)).toMatch(/deleted/);
    }
    // Orphan and foreground wait for a garbage collector; what kubectl asked for stands as a finalizer until then.
    expect(await k().ok('get deployment cascade-background --ignore-not-found')).toBe('');
    for (const [cascade, finalizer] of [
      ['orphan', 'orphan'],
      ['foreground', 'foregroundDeletion'],
    ] as const) {
      const left = await k().ok(
        `get deployment cascade-${cascade} --ignore-not-found -o jsonpath='{.metadata.finalizers}'`,
      );
      expect(['', `["${finalizer}"]`]).toContain(left);
    }

    await k().ok('create namespace emptied');
    for (const name of ['e1', 'e2']) await k().ok(`create secret generic ${name} --namespace emptied`);
    expect((await k().ok('delete secret --all --namespace emptied')).match(/deleted/g)).toHaveLength(2);
    expect(await k().ok('get secret --namespace emptied -o name')).toBe('');
  });

  test('get prints the columns that kubectl users know', async () => {
    await k().ok('create -f -', { input: pod('columns') });
    await k().ok('create deployment columns --image=nginx:1');
    expect(headers(await k().ok('get deployment'))).toEqual(['NAME', 'READY', 'UP-TO-DATE', 'AVAILABLE', 'AGE']);
    expect(headers(await k().ok('get pod -o wide'))).toEqual([
      'NAME',
      'READY',
      'STATUS',
      'RESTARTS',
      'AGE',
      'IP',
      'NODE',
      'NOMINATED NODE',
      'READINESS GATES',
    ]);
    expect(headers(await k().ok('get service'))).toEqual([
      'NAME',
      'TYPE',
      'CLUSTER-IP',
      'EXTERNAL-IP',
      'PORT(S)',
      'AGE',
    ]);
    expect(headers(await k().ok('get configmap'))).toEqual(['NAME', 'DATA', 'AGE']);
    expect(headers(await k().ok('get namespace'))).toEqual(['NAME', 'STATUS', 'AGE']);
    expect(table(await k().ok('get pod columns'))[0]).toMatchObject({
      NAME: 'columns',
      READY: '0/1',
      STATUS: 'Pending',
      RESTARTS: '0',
    });
  });
});
