// The commands that change workloads and nodes, and those that wait for them. No controller needs to run: where one would act, the test
// writes its status itself.
import { expect, test } from '@jest/globals';
import { table } from '../support/kubectl.ts';
import { describeKubectl } from './suite.ts';

function statusPatch(status: object) {
  return { more: ['-p', JSON.stringify({ status })] };
}

function node(name: string) {
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { 'kubernetes.io/hostname': name } } };
}

describeKubectl('workloads', (suite) => {
  const k = () => suite().kubectl;

  test('scale', async () => {
    await k().ok('create deployment scaled --image=nginx:1');
    expect(await k().ok('scale deployment scaled --replicas=3')).toBe('deployment.apps/scaled scaled\n');
    expect(table(await k().ok('get deployment scaled'))[0]).toMatchObject({ READY: '0/3' });
    expect(await k().fails('scale deployment scaled --replicas=5 --current-replicas=2')).toContain(
      'Expected replicas to be 2, was 3',
    );
    expect(await k().fails('scale deployment scaled --replicas=-1')).toContain('--replicas=COUNT');
    await k().ok('create -f -', {
      input: {
        apiVersion: 'apps/v1',
        kind: 'StatefulSet',
        metadata: { name: 'scaled' },
        spec: {
          serviceName: 'scaled',
          selector: { matchLabels: { app: 'scaled' } },
          template: { metadata: { labels: { app: 'scaled' } }, spec: { containers: [{ name: 'a', image: 'b' }] } },
        },
      },
    });
    expect(await k().ok('scale statefulset/scaled --replicas=0')).toBe('statefulset.apps/scaled scaled\n');
    expect(await k().ok('get statefulset scaled --subresource=scale -o jsonpath={.spec.replicas}')).toBe('');
  });

  test('set image, env, resources, serviceaccount', async () => {
    await k().ok('create deployment set --image=nginx:1');
    expect(await k().ok('set image deployment/set nginx=nginx:2')).toBe('deployment.apps/set image updated\n');
    expect(await k().ok('set env deployment/set COLOUR=blue')).toBe('deployment.apps/set env updated\n');
    expect(await k().ok('set resources deployment/set --limits=cpu=200m')).toBe(
      'deployment.apps/set resource requirements updated\n',
    );
    expect(await k().ok('set serviceaccount deployment/set robot')).toBe(
      'deployment.apps/set serviceaccount updated\n',
    );
    const { spec } = await k().json<{ spec: { template: { spec: Record<string, unknown> } } }>('get deployment set');
    expect(spec.template.spec).toMatchObject({
      serviceAccountName: 'robot',
      containers: [
        { image: 'nginx:2', env: [{ name: 'COLOUR', value: 'blue' }], resources: { limits: { cpu: '200m' } } },
      ],
    });
    expect(await k().ok('rollout pause deployment/set')).toBe('deployment.apps/set paused\n');
    expect(await k().ok('rollout resume deployment/set')).toBe('deployment.apps/set resumed\n');
    expect(await k().ok('rollout restart deployment/set')).toBe('deployment.apps/set restarted\n');
  });

  test('expose', async () => {
    await k().ok('create deployment exposed --image=nginx:1 --port=8080');
    expect(await k().ok('expose deployment exposed --port=80 --target-port=8080')).toBe('service/exposed exposed\n');
    const [service] = table(await k().ok('get service exposed -o wide'));
    expect(service).toMatchObject({
      TYPE: 'ClusterIP',
      'EXTERNAL-IP': '<none>',
      'PORT(S)': '80/TCP',
      SELECTOR: 'app=exposed',
    });
    expect(service!['CLUSTER-IP']).toMatch(/^10\.\d+\.\d+\.\d+$/);
    expect(await k().ok('expose deployment exposed --name=exposed-out --type=NodePort --port=80')).toBe(
      'service/exposed-out exposed\n',
    );
    expect(table(await k().ok('get service exposed-out'))[0]!['PORT(S)']).toMatch(/^80:3\d{4}\/TCP$/);
    expect(await k().fails('expose deployment exposed --port=80')).toContain('services "exposed" already exists');
  });

  test('run', async () => {
    expect(await k().ok('run runner --image=busybox:1 --restart=Never --labels=app=runner -- sleep 60')).toBe(
      'pod/runner created\n',
    );
    expect(await k().ok("get pod runner -o jsonpath='{.spec.restartPolicy} {.spec.containers[0].args}'")).toBe(
      'Never ["sleep","60"]',
    );
    expect(table(await k().ok('get pod runner'))[0]).toMatchObject({ READY: '0/1', STATUS: 'Pending', RESTARTS: '0' });
    expect(await k().ok('delete pod runner --now')).toContain('pod "runner" deleted');
  });

  test('autoscale', async () => {
    await k().ok('create deployment autoscaled --image=nginx:1');
    const command = 'autoscale deployment autoscaled --min=2 --max=7 --cpu-percent=60';
    const current = await k().run(command);
    // kubectl 1.34 renamed the flag; the older form is still taken with a warning by some.
    if (current.code !== 0) await k().ok('autoscale deployment autoscaled --min=2 --max=7 --cpu=60%');
    else expect(current.stdout).toBe('horizontalpodautoscaler.autoscaling/autoscaled autoscaled\n');
    const [hpa] = table(await k().ok('get hpa autoscaled'));
    expect(hpa).toMatchObject({
      REFERENCE: 'Deployment/autoscaled',
      TARGETS: 'cpu: <unknown>/60%',
      MINPODS: '2',
      MAXPODS: '7',
      REPLICAS: '0',
    });
    const v1 = JSON.parse(await k().ok('get horizontalpodautoscalers.v1.autoscaling autoscaled -o json')) as Record<
      string,
      unknown
    >;
    expect(v1).toMatchObject({ apiVersion: 'autoscaling/v1', spec: { targetCPUUtilizationPercentage: 60 } });
  });

  test('taint, cordon, uncordon, drain', async () => {
    await k().ok('create -f -', { input: node('n1') });
    expect(await k().ok('taint node n1 dedicated=web:NoSchedule')).toBe('node/n1 tainted\n');
    expect(await k().ok('describe node n1')).toMatch(/^Taints: +dedicated=web:NoSchedule/m);
    expect(await k().fails('taint node n1 dedicated=db:NoSchedule')).toContain(
      'already has dedicated taint(s) with same effect(s) and --overwrite is false',
    );
    expect(await k().ok('taint node n1 dedicated-')).toBe('node/n1 untainted\n');
    expect(await k().ok('cordon n1')).toBe('node/n1 cordoned\n');
    expect(await k().ok('cordon n1')).toBe('node/n1 already cordoned\n');
    expect(table(await k().ok('get node n1'))[0]!['STATUS']).toMatch(/SchedulingDisabled$/);
    expect(await k().ok('uncordon n1')).toBe('node/n1 uncordoned\n');
    await k().ok('create -f -', {
      input: {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'drained' },
        spec: { nodeName: 'n1', containers: [{ name: 'a', image: 'b' }] },
      },
    });
    expect(await k().ok('get pod --field-selector spec.nodeName=n1 -o name')).toBe('pod/drained\n');
    const drained = await k().ok('drain n1 --force --grace-period=0');
    expect(drained).toContain('node/n1 cordoned');
    expect(drained).toContain('evicting pod suite/drained');
    expect(drained).toContain('node/n1 drained');
    expect(await k().ok('get pod drained --ignore-not-found')).toBe('');
    expect(await k().ok('delete node n1')).toContain('node "n1" deleted');
  });

  test('wait: for a condition, a field, creation, deletion, and in vain', async () => {
    await k().ok('run waited --image=nginx:1');
    const ready = k().start('wait pod/waited --for=condition=Ready --timeout=60s');
    const running = k().start("wait pod/waited --for=jsonpath='{.status.phase}'=Running --timeout=60s");
    const conditions = [{ type: 'Ready', status: 'True' }];
    await k().ok('patch pod waited --subresource=status --type=merge', statusPatch({ phase: 'Running', conditions }));
    expect([await ready.ended(), await running.ended()]).toEqual([0, 0]);
    expect(ready.stdout).toBe('pod/waited condition met\n');
    expect(running.stdout).toBe('pod/waited condition met\n');
    const gone = k().start('wait pod/waited --for=delete --timeout=60s');
    await k().ok('delete pod waited --now');
    expect(await gone.ended()).toBe(0);
    await k().ok('create configmap endless');
    expect(await k().fails("wait configmap/endless --for=jsonpath='{.data.never}'=x --timeout=1s")).toContain(
      'timed out waiting for the condition on configmaps/endless',
    );
    expect(await k().fails('wait pod/absent --for=condition=Ready --timeout=1s')).toContain('pods "absent" not found');
  });
});
