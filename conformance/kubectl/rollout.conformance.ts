// kubectl over the controllers of workloads: rollout status, history, undo, pause, resume and restart; scale, set image, delete with
// orphans, describe and events.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Client } from '../../client/client.ts';
import { adminClient } from '../../client/testing/clients.ts';
import type { Transport } from '../../client/transport.ts';
import { daemonSet } from '../../controllers/daemonset/daemonset.ts';
import { deployment } from '../../controllers/deployment/deployment.ts';
import { garbageCollector } from '../../controllers/garbage-collector/garbage-collector.ts';
import type { ControllerManager } from '../../controllers/manager/manager.ts';
import { replicaSet } from '../../controllers/replicaset/replicaset.ts';
import { replicationController } from '../../controllers/replicationcontroller/replicationcontroller.ts';
import { statefulSet } from '../../controllers/statefulset/statefulset.ts';
import { Kubelet } from '../../controllers/testing/kubelet.ts';
import { startControllers } from '../../controllers/testing/start-controllers.ts';
import { until } from '../support/until.ts';
import { describeKubectl } from './suite.ts';

const descriptors = [daemonSet, deployment, garbageCollector, replicaSet, replicationController, statefulSet];

function workload(kind: string, name: string, more: object = {}): object {
  const labels = { app: name };
  const containers = [{ name: 'nginx', image: 'nginx:1' }];
  const template = { metadata: { labels }, spec: { containers } };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name },
    spec: { selector: { matchLabels: labels }, template, ...more },
  };
}

describeKubectl('rollouts', (suite) => {
  let client: Client;
  let transport: Transport;
  let manager: ControllerManager;
  let kubelet: Kubelet;

  beforeAll(async () => {
    const { cluster, kubectl } = suite();
    ({ client, transport } = adminClient(cluster));
    kubelet = new Kubelet(client, { becomesReady: ({ spec }) => spec?.containers[0]?.image !== 'broken' });
    await kubelet.follow();
    manager = await startControllers(cluster, descriptors);
    await kubectl.ok('create -f -', { input: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'one' } } });
    await kubectl.ok('taint node one node.kubernetes.io/not-ready-');
  });

  afterAll(async () => {
    await manager?.stop();
    await kubelet?.stop();
    await transport?.close();
  });

  const images = (app: string) =>
    suite().kubectl.ok(`get pods -l app=${app} -o jsonpath={.items[*].spec.containers[0].image}`);

  describe('of a Deployment', () => {
    test('create, status, set image, history, undo', async () => {
      const { kubectl } = suite();
      expect(await kubectl.ok('create deployment web --image=nginx:1 --replicas=3')).toContain('created');
      expect(await kubectl.ok('rollout status deployment/web --timeout=60s')).toContain(
        'deployment "web" successfully rolled out',
      );
      expect(await kubectl.ok('get deployment web --no-headers')).toMatch(/^web\s+3\/3\s+3\s+3\s+\S+/);
      await kubectl.ok('annotate deployment web kubernetes.io/change-cause=first');
      await kubectl.ok('set image deployment/web nginx=nginx:2');
      await kubectl.ok('annotate deployment web kubernetes.io/change-cause=second --overwrite');
      expect(await kubectl.ok('rollout status deployment/web --timeout=60s')).toContain('successfully rolled out');
      expect(await images('web')).toBe('nginx:2 nginx:2 nginx:2');
      await until('history', async () => {
        const lines = (await kubectl.ok('rollout history deployment/web')).trim().split('\n').slice(2);
        return lines.map((line) => line.trim().split(/\s+/).join(' ')).join() === '1 first,2 second';
      });
      expect(await kubectl.ok('rollout history deployment/web --revision=1')).toContain('nginx:1');
      expect(await kubectl.ok('rollout undo deployment/web')).toContain('deployment.apps/web rolled back');
      await kubectl.ok('rollout status deployment/web --timeout=60s');
      expect(await images('web')).toBe('nginx:1 nginx:1 nginx:1');
      await kubectl.ok('rollout undo deployment/web --to-revision=2');
      await kubectl.ok('rollout status deployment/web --timeout=60s');
      expect(await images('web')).toBe('nginx:2 nginx:2 nginx:2');
      expect((await kubectl.run('rollout undo deployment/web --to-revision=9')).stderr).toContain(
        'unable to find specified revision 9 in history',
      );
    });

    test('pause, resume, restart, scale', async () => {
      const { kubectl } = suite();
      await kubectl.ok('create deployment paused --image=nginx:1 --replicas=2');
      await kubectl.ok('rollout status deployment/paused --timeout=60s');
      await kubectl.ok('rollout pause deployment/paused');
      await kubectl.ok('set image deployment/paused nginx=nginx:2');
      expect((await kubectl.run('rollout restart deployment/paused')).stderr).toContain(
        "can't restart paused deployment",
      );
      expect((await kubectl.run('rollout undo deployment/paused --to-revision=1')).stderr).toContain(
        'cannot rollback a paused deployment',
      );
      await kubectl.ok('scale deployment/paused --replicas=4');
      await until('four old ones', async () => (await images('paused')) === 'nginx:1 nginx:1 nginx:1 nginx:1');
      await kubectl.ok('rollout resume deployment/paused');
      await kubectl.ok('rollout status deployment/paused --timeout=60s');
      expect(await images('paused')).toBe('nginx:2 nginx:2 nginx:2 nginx:2');
      await kubectl.ok('rollout restart deployment/paused');
      await kubectl.ok('rollout status deployment/paused --timeout=60s');
      expect(await kubectl.ok('get rs -l app=paused --no-headers')).toMatch(/^(.+\n){3}$/);
      await kubectl.ok('scale deployment/paused --replicas=0 --current-replicas=4');
      await until('none', async () => (await images('paused')) === '');
      await kubectl.ok('wait --for=jsonpath={.status.terminatingReplicas}=0 deployment/paused --timeout=60s');
    });

    test('a rollout that is late fails its status', async () => {
      const { kubectl } = suite();
      const late = workload('Deployment', 'late', { progressDeadlineSeconds: 1 });
      await kubectl.ok('create -f -', { input: late });
      await kubectl.ok('rollout status deployment/late --timeout=60s');
      await kubectl.ok('set image deployment/late nginx=broken');
      const { code, stderr } = await kubectl.run('rollout status deployment/late --timeout=60s');
      expect(code).toBe(1);
      expect(stderr).toContain('deployment "late" exceeded its progress deadline');
      await kubectl.ok('rollout undo deployment/late');
      await kubectl.ok('rollout status deployment/late --timeout=60s');
    });

    test('describe and events tell what happened', async () => {
      const { kubectl } = suite();
      await kubectl.ok('create deployment told --image=nginx:1 --replicas=2');
      await kubectl.ok('rollout status deployment/told --timeout=60s');
      const set = (await kubectl.ok('get rs -l app=told -o jsonpath={.items[0].metadata.name}')).trim();
      const described = await until('events', async () => {
        const text = await kubectl.ok('describe deployment told');
        return text.includes('ScalingReplicaSet') && text;
      });
      expect(described).toMatch(/Replicas:\s+2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable/);
      expect(described).toMatch(/Available\s+True\s+MinimumReplicasAvailable/);
      expect(described).toMatch(/Progressing\s+True\s+NewReplicaSetAvailable/);
      expect(described).toContain(`NewReplicaSet:   ${set} (2/2 replicas created)`);
      expect(described).toMatch(
        new RegExp(
          `Normal\\s+ScalingReplicaSet\\s+\\S+\\s+deployment-controller\\s+Scaled up replica set ${set} from 0 to 2`,
        ),
      );
      await until('events of Pods', async () => {
        const lines = (await kubectl.ok(`events --for replicaset/${set} --no-headers`)).trim().split('\n');
        return lines.length === 2 && lines.every((line) => /SuccessfulCreate .*Created pod: told-/.test(line));
      });
    });

    test('deletion with orphans leaves the ReplicaSet, which a new Deployment adopts', async () => {
      const { kubectl } = suite();
      const web = workload('Deployment', 'kept');
      await kubectl.ok('create -f -', { input: web });
      await kubectl.ok('rollout status deployment/kept --timeout=60s');
      const before = await kubectl.ok('get rs -l app=kept -o jsonpath={.items[*].metadata.uid}');
      await kubectl.ok('delete deployment kept --cascade=orphan');
      expect(await kubectl.ok('get rs -l app=kept -o jsonpath={.items[*].metadata.uid}')).toBe(before);
      await kubectl.ok('create -f -', { input: web });
      await kubectl.ok('rollout status deployment/kept --timeout=60s');
      expect(await kubectl.ok('get rs -l app=kept -o jsonpath={.items[*].metadata.uid}')).toBe(before);
      await kubectl.ok('delete deployment kept --cascade=foreground --timeout=60s');
      expect(await kubectl.ok('get rs,pods -l app=kept -o name')).toBe('');
    });
  });

  describe.each(['StatefulSet', 'DaemonSet'])('of a %s', (kind) => {
    const name = `history-${kind.toLowerCase()}`;
    const resource = `${kind.toLowerCase()}/${name}`;

    test('status, history, undo, restart', async () => {
      const { kubectl } = suite();
      const more = kind === 'StatefulSet' ? { replicas: 2, serviceName: name } : {};
      await kubectl.ok('create -f -', { input: workload(kind, name, more) });
      await kubectl.ok(`rollout status ${resource} --timeout=60s`);
      const first = await images(name);
      await kubectl.ok(`set image ${resource} nginx=nginx:2`);
      await kubectl.ok(`rollout status ${resource} --timeout=60s`);
      expect(await images(name)).toBe(first.replaceAll(':1', ':2'));
      const history = await kubectl.ok(`rollout history ${resource}`);
      expect(
        history
          .trim()
          .split('\n')
          .slice(2)
          .map((line) => line.trim().split(/\s+/)[0]),
      ).toEqual(['1', '2']);
      expect(await kubectl.ok(`rollout history ${resource} --revision=1`)).toContain('nginx:1');
      expect(await kubectl.ok(`rollout undo ${resource}`)).toContain('rolled back');
      await kubectl.ok(`rollout status ${resource} --timeout=60s`);
      expect(await images(name)).toBe(first);
      expect(await kubectl.ok(`rollout undo ${resource} --to-revision=2`)).toContain('rolled back');
      await kubectl.ok(`rollout status ${resource} --timeout=60s`);
      expect(await images(name)).toBe(first.replaceAll(':1', ':2'));
      await kubectl.ok(`rollout restart ${resource}`);
      await kubectl.ok(`rollout status ${resource} --timeout=60s`);
      expect(await kubectl.ok(`get pods -l app=${name} -o yaml`)).toContain('kubectl.kubernetes.io/restartedAt');
    });
  });

  test('a StatefulSet and a ReplicationController are scaled', async () => {
    const { kubectl } = suite();
    await kubectl.ok('create -f -', { input: workload('StatefulSet', 'counted', { replicas: 1 }) });
    await kubectl.ok('scale statefulset/counted --replicas=3');
    await kubectl.ok('rollout status statefulset/counted --timeout=60s');
    expect(await kubectl.ok('get pods -l app=counted -o name')).toBe('pod/counted-0\npod/counted-1\npod/counted-2\n');
    const template = { metadata: { labels: { app: 'rc' } }, spec: { containers: [{ name: 'c', image: 'nginx:1' }] } };
    const spec = { replicas: 1, template };
    const input = { apiVersion: 'v1', kind: 'ReplicationController', metadata: { name: 'rc' }, spec };
    await kubectl.ok('create -f -', { input });
    await kubectl.ok('scale rc/rc --replicas=3');
    await kubectl.ok('wait --for=jsonpath={.status.readyReplicas}=3 rc/rc --timeout=60s');
    expect(await kubectl.ok('get rc rc --no-headers')).toMatch(/^rc\s+3\s+3\s+3/);
  });
});
