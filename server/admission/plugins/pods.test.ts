// What plugins make of pods on their way in.
import { beforeEach, describe, expect, test } from '@jest/globals';
import { admissionChain, selectPlugins } from '../chain.ts';
import { admit, attributes, context, object, put, resetState, state } from '../harness.ts';

beforeEach(resetState);

describe('pods', () => {
  const pod = (spec: object = {}, metadata: object = {}) =>
    attributes('pods', {
      namespace: 'dev',
      object: object('Pod', 'p', { spec: { containers: [{ name: 'c' }], ...spec } }, metadata),
    });

  test('everything a plain pod gets', async () => {
    const made = await admit(pod());
    const name = made?.['spec'].volumes[0].name;
    expect(name).toMatch(/^kube-api-access-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(made?.['spec']).toEqual({
      containers: [
        {
          name: 'c',
          volumeMounts: [{ name, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }],
        },
      ],
      serviceAccount: 'default',
      serviceAccountName: 'default',
      priority: 0,
      preemptionPolicy: 'PreemptLowerPriority',
      tolerations: [
        { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
        { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
      ],
      volumes: [
        {
          name,
          projected: {
            defaultMode: 420,
            sources: [
              { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
              { configMap: { items: [{ key: 'ca.crt', path: 'ca.crt' }], name: 'kube-root-ca.crt' } },
              {
                downwardAPI: {
                  items: [{ fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' }, path: 'namespace' }],
                },
              },
            ],
          },
        },
      ],
    });
  });

  test('the service account must exist, and may keep its token', async () => {
    await expect(admit(pod({ serviceAccountName: 'x' }))).rejects.toMatchObject({
      code: 403,
      message: 'pods "p" is forbidden: error looking up service account dev/x: serviceaccount "x" not found',
    });
    await put(
      'serviceaccounts',
      'dev',
      object('ServiceAccount', 'quiet', { automountServiceAccountToken: false, imagePullSecrets: [{ name: 's' }] }),
    );
    const quiet = await admit(pod({ serviceAccount: 'quiet' }));
    expect(quiet?.['spec']).toMatchObject({ serviceAccountName: 'quiet', imagePullSecrets: [{ name: 's' }] });
    expect(quiet?.['spec'].volumes).toBeUndefined();
    expect(
      (await admit(pod({ serviceAccountName: 'quiet', automountServiceAccountToken: true })))?.['spec'].volumes,
    ).toHaveLength(1);
    const mounts = [{ name: 'own', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }];
    expect((await admit(pod({ containers: [{ name: 'c', volumeMounts: mounts }] })))?.['spec'].volumes).toBeUndefined();
  });

  test('mirror pods, and accounts that limit secrets', async () => {
    const mirror = { annotations: { 'kubernetes.io/config.mirror': 'x' } };
    expect((await admit(pod({}, mirror)))?.['spec'].serviceAccountName).toBeUndefined();
    await expect(admit(pod({ serviceAccountName: 'default' }, mirror))).rejects.toThrow(
      'a mirror pod may not reference service accounts',
    );
    await expect(admit(pod({ volumes: [{ name: 'v', secret: { secretName: 's' } }] }, mirror))).rejects.toThrow(
      'a mirror pod may not reference secrets',
    );
    const annotations = { 'kubernetes.io/enforce-mountable-secrets': 'true' };
    await put(
      'serviceaccounts',
      'dev',
      object('ServiceAccount', 'strict', { secrets: [{ name: 'ok' }] }, { annotations }),
    );
    const volume = (secretName: string) => ({
      serviceAccountName: 'strict',
      volumes: [{ name: 'v', secret: { secretName } }],
    });
    await admit(pod(volume('ok')));
    await expect(admit(pod(volume('other')))).rejects.toThrow(
      'volume with secret.secretName="other" is not allowed because service account strict does not reference that secret',
    );
    const env = [{ name: 'E', valueFrom: { secretKeyRef: { name: 'other' } } }];
    await expect(admit(pod({ serviceAccountName: 'strict', containers: [{ name: 'c', env }] }))).rejects.toThrow(
      'container c with envVar E referencing secret.secretName="other" is not allowed',
    );
  });

  test('priority comes from the class, or from the default class', async () => {
    const classes = 'priorityclasses.scheduling.k8s.io';
    await put(classes, '', object('PriorityClass', 'high', { value: 1000, preemptionPolicy: 'Never' }));
    expect((await admit(pod({ priorityClassName: 'high' })))?.['spec']).toMatchObject({
      priority: 1000,
      preemptionPolicy: 'Never',
    });
    await expect(admit(pod({ priorityClassName: 'high', priority: 7 }))).rejects.toThrow(
      'the integer value of priority (7) must not be provided in pod spec; priority admission controller computed 1000 from the given PriorityClass name',
    );
    await expect(admit(pod({ priorityClassName: 'none' }))).rejects.toThrow(
      'pods "p" is forbidden: no PriorityClass with name none was found',
    );
    await put(
      classes,
      '',
      object('PriorityClass', 'usual', { value: 5, globalDefault: true, preemptionPolicy: 'PreemptLowerPriority' }),
    );
    expect((await admit(pod()))?.['spec']).toMatchObject({ priority: 5, priorityClassName: 'usual' });
    const another = object('PriorityClass', 'more', { value: 6, globalDefault: true });
    await expect(admit(attributes('priorityclasses', { object: another }))).rejects.toThrow(
      'priorityclasses.scheduling.k8s.io "more" is forbidden: PriorityClass usual is already marked as default. Only one default can exist',
    );
    const update = {
      ...pod(),
      operation: 'UPDATE' as const,
      old: object('Pod', 'p', { spec: { priority: 5, preemptionPolicy: 'Never' } }),
    };
    expect((await admit(update))?.['spec']).toMatchObject({ priority: 5, preemptionPolicy: 'Never' });
  });

  test('the default class follows changes of the classes', async () => {
    const chain = admissionChain(selectPlugins({ enable: [], disable: [] }, context()));
    const priorityOfNext = async () => {
      const given = pod();
      await chain.admit(given);
      return given.object?.['spec'].priority;
    };
    expect(await priorityOfNext()).toBe(0);
    await put(
      'priorityclasses.scheduling.k8s.io',
      '',
      object('PriorityClass', 'usual', { value: 5, globalDefault: true }),
    );
    expect(await priorityOfNext()).toBe(5);
    await state.objects.delete('priorityclasses.scheduling.k8s.io', '', 'usual');
    expect(await priorityOfNext()).toBe(0);
    chain.close();
  });

  test('tolerations that the pod has stay', async () => {
    const made = await admit(pod({ tolerations: [{ operator: 'Exists' }] }));
    expect(made?.['spec'].tolerations).toEqual([{ operator: 'Exists' }]);
  });

  test('runtime classes add overhead and scheduling', async () => {
    const more = {
      overhead: { podFixed: { cpu: '250m' } },
      scheduling: { nodeSelector: { kata: 'yes' }, tolerations: [{ key: 'kata', operator: 'Exists' }] },
    };
    await put('runtimeclasses.node.k8s.io', '', object('RuntimeClass', 'kata', more));
    const made = await admit(pod({ runtimeClassName: 'kata', nodeSelector: { a: 'b' }, overhead: { cpu: '0.25' } }));
    expect(made?.['spec']).toMatchObject({ overhead: { cpu: '250m' }, nodeSelector: { a: 'b', kata: 'yes' } });
    expect(made?.['spec'].tolerations.map(({ key }: { key: string }) => key)).toContain('kata');
    await expect(admit(pod({ runtimeClassName: 'x' }))).rejects.toThrow(
      'pods "p" is forbidden: pod rejected: RuntimeClass "x" not found',
    );
    await expect(admit(pod({ overhead: { cpu: '1' } }))).rejects.toThrow(
      'Pod Overhead set without corresponding RuntimeClass defined Overhead',
    );
    await expect(admit(pod({ runtimeClassName: 'kata', overhead: { cpu: '1' } }))).rejects.toThrow(
      "Pod's Overhead doesn't match RuntimeClass's defined Overhead",
    );
    await expect(admit(pod({ runtimeClassName: 'kata', nodeSelector: { kata: 'no' } }))).rejects.toThrow(
      'conflict: runtimeClass.scheduling.nodeSelector[kata] = yes; pod.spec.nodeSelector[kata] = no',
    );
  });

  test('zone and region of the node, also by a binding', async () => {
    const labels = { 'topology.kubernetes.io/zone': 'z', 'topology.kubernetes.io/region': 'r', other: 'x' };
    await put('nodes', '', object('Node', 'n', {}, { labels }));
    const copied = { 'topology.kubernetes.io/zone': 'z', 'topology.kubernetes.io/region': 'r' };
    expect((await admit(pod({ nodeName: 'n' }, { labels: { app: 'a' } })))?.metadata.labels).toEqual({
      app: 'a',
      ...copied,
    });
    const binding = object('Binding', 'p', { target: { kind: 'Node', name: 'n' } });
    expect(
      (await admit(attributes('pods', { namespace: 'dev', subresource: 'binding', object: binding })))?.metadata.labels,
    ).toEqual(copied);
  });
});

test('a pod without a spec is left to validation', async () => {
  const made = await admit(
    attributes('pods', { namespace: 'dev', object: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } } }),
  );
  expect(made?.['spec'].serviceAccountName).toBe('default');
});
