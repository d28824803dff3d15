// The manifests that are edited, a dozen kinds as people write them, and what may be edited in each. Values that a server derives from
// others for good (node ports, cluster addresses, a pull policy from a tag) are left alone: they depend on the way, not on the manifest.
import { type Document, deployment } from '../../api/support/client.ts';
import { definition } from '../../api/support/custom.ts';
import type { Edited, Slot } from './edit.ts';

const words = ['red', 'green', 'blue', '', 'true', '12', 'two words'];

const metadata: Slot[] = [
  { at: 'metadata.labels', entries: ['tier', 'example.com/team', 'track'], entryValues: ['red', 'green', ''] },
  { at: 'metadata.annotations', entries: ['note', 'example.com/owner'], entryValues: words },
];

const probes = [
  undefined,
  { httpGet: { path: '/healthy', port: 80 }, periodSeconds: 5 },
  { exec: { command: ['true'] }, failureThreshold: 2 },
  { tcpSocket: { port: 'web' }, initialDelaySeconds: 3 },
];

const environment: Document[] = [
  { name: 'COLOUR', value: 'red' },
  { name: 'COLOUR', valueFrom: { configMapKeyRef: { name: 'colours', key: 'main', optional: true } } },
  { name: 'HOST', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
  { name: 'LEVEL', value: '3' },
  { name: 'LEVEL', value: '$(COLOUR)' },
  { name: 'EMPTY' },
];

/** What may be edited in a Pod's spec. */
function podSlots(at: string): Slot[] {
  const container = `${at}.containers.*`;
  return [
    {
      at: `${at}.containers`,
      least: 1,
      elements: [
        { name: 'c', image: 'busybox:1' },
        { name: 'sidecar', image: 'envoy:1', args: ['--quiet'], ports: [{ containerPort: 9000 }] },
        { name: 'sidecar', image: 'envoy:2', resources: { requests: { cpu: '10m' } } },
        { name: 'metrics', image: 'exporter:3', env: [{ name: 'LEVEL', value: '1' }] },
      ],
    },
    { at: `${at}.initContainers`, elements: ['first', 'second'].map((name) => ({ name, image: `${name}:1` })) },
    { at: `${container}.image`, values: ['busybox:1', 'busybox:2', 'example.com/app:3'] },
    { at: `${container}.command`, values: [undefined, ['sh'], ['sh', '-c', 'true'], ['true', 'sh']] },
    { at: `${container}.env`, elements: environment },
    { at: `${container}.env`, elements: environment },
    {
      at: `${container}.ports`,
      elements: [
        { containerPort: 80, name: 'web' },
        { containerPort: 80, name: 'http', protocol: 'TCP' },
        { containerPort: 8443 },
        { containerPort: 9090, name: 'admin' },
      ],
    },
    {
      at: `${container}.resources`,
      values: [
        undefined,
        { limits: { cpu: '1', memory: '1Gi' } },
        { requests: { cpu: '100m' }, limits: { cpu: '500m' } },
        { requests: { memory: '128Mi', 'ephemeral-storage': '1Gi' } },
      ],
    },
    { at: `${container}.livenessProbe`, values: probes.filter((probe) => probe?.tcpSocket === undefined) },
    { at: `${container}.volumeMounts`, elements: ['/a', '/b', '/c'].map((mountPath) => ({ mountPath, name: 'data' })) },
    {
      at: `${container}.securityContext`,
      values: [undefined, null, { runAsNonRoot: true }, { capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] } }],
    },
    {
      at: `${at}.volumes`,
      elements: [
        { name: 'more', emptyDir: {} },
        { name: 'more', configMap: { name: 'colours', items: [{ key: 'main', path: 'main' }] } },
        { name: 'secret', secret: { secretName: 'hidden', defaultMode: 256 } },
        { name: 'both', projected: { sources: [{ secret: { name: 'one' } }, { configMap: { name: 'two' } }] } },
      ],
    },
    { at: `${at}.nodeSelector`, entries: ['disk', 'zone'], entryValues: ['fast', 'a', 'b'] },
    {
      at: `${at}.tolerations`,
      elements: [
        { key: 'dedicated', operator: 'Exists' },
        { key: 'dedicated', value: 'web', effect: 'NoSchedule' },
        { key: 'spot', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 },
      ],
    },
    { at: `${at}.terminationGracePeriodSeconds`, values: [undefined, null, 0, 5, 60] },
    { at: `${at}.imagePullSecrets`, elements: [{ name: 'registry' }, { name: 'mirror' }] },
    {
      at: `${at}.hostAliases`,
      elements: [
        { ip: '10.0.0.1', hostnames: ['one'] },
        { ip: '10.0.0.1', hostnames: ['one', 'uno'] },
        { ip: '10.0.0.2', hostnames: ['two'] },
      ],
    },
  ];
}

/** A Pod's spec with the volume that mounts may name. */
const pod = () => ({
  containers: [{ name: 'c', image: 'busybox:1' }],
  volumes: [{ name: 'data', emptyDir: {} }],
});

const template = (name: string) => ({ metadata: { labels: { app: name } }, spec: pod() });

const rollouts = [
  { type: 'Recreate' },
  { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
  { type: 'RollingUpdate', rollingUpdate: { maxSurge: '50%', maxUnavailable: 1 } },
];

const jobTemplate = { spec: { template: { spec: { ...pod(), restartPolicy: 'Never' } } } };

/** The definition of the custom resource among them; it must be there first. */
export const gardens = definition('garden.example.com', 'Garden', {
  versions: [
    {
      name: 'v1',
      served: true,
      storage: true,
      schema: {
        openAPIV3Schema: {
          type: 'object',
          properties: {
            spec: {
              type: 'object',
              properties: {
                size: { type: 'integer', default: 3 },
                soil: { type: 'string', nullable: true },
                tools: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
                beds: {
                  type: 'array',
                  'x-kubernetes-list-type': 'map',
                  'x-kubernetes-list-map-keys': ['name'],
                  items: {
                    type: 'object',
                    required: ['name'],
                    properties: {
                      name: { type: 'string' },
                      width: { 'x-kubernetes-int-or-string': true, default: 1 },
                      plants: { type: 'object', additionalProperties: { type: 'integer' } },
                    },
                  },
                },
                anything: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
              },
            },
          },
        },
      },
    },
  ],
});

interface Base {
  apiVersion: string;
  kind: string;
  body: (name: string) => Document;
  slots: readonly Slot[];
}

const bases: readonly Base[] = [
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    body: (name) => ({ spec: { ...deployment(name).spec, template: template(name) } }),
    slots: [
      ...podSlots('spec.template.spec'),
      { at: 'spec.replicas', values: [undefined, 0, 2, 5] },
      { at: 'spec.strategy', values: rollouts },
      { at: 'spec.minReadySeconds', values: [undefined, 0, 10] },
      { at: 'spec.paused', values: [undefined, true, false] },
    ],
  },
  {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    body: (name) => ({
      spec: { serviceName: name, selector: { matchLabels: { app: name } }, template: template(name) },
    }),
    slots: [
      ...podSlots('spec.template.spec'),
      { at: 'spec.replicas', values: [undefined, 1, 3] },
      { at: 'spec.updateStrategy', values: [undefined, { type: 'RollingUpdate', rollingUpdate: { partition: 2 } }] },
      { at: 'spec.minReadySeconds', values: [undefined, 10] },
    ],
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    body: (name) => ({ spec: { selector: { app: name }, ports: [{ port: 80, name: 'web' }] } }),
    slots: [
      {
        at: 'spec.ports',
        least: 1,
        elements: [
          { port: 80, name: 'web' },
          { port: 80, name: 'web', targetPort: 8080 },
          { port: 443, name: 'tls', targetPort: 'https', appProtocol: 'https' },
          { port: 53, name: 'dns', protocol: 'UDP' },
        ],
      },
      { at: 'spec.selector', entries: ['app', 'tier'], entryValues: ['a', 'b'] },
      { at: 'spec.publishNotReadyAddresses', values: [undefined, true, false] },
      { at: 'spec.externalIPs', values: [undefined, ['192.0.2.1'], ['192.0.2.2', '192.0.2.1']] },
    ],
  },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    body: () => ({ data: { a: '1' } }),
    slots: [
      { at: 'data', entries: ['a', 'b.conf', 'c'], entryValues: ['1', 'line\nline\n', '', '{"x": 1}'] },
      { at: 'binaryData', entries: ['x', 'y'], entryValues: ['AAEC', 'AA=='] },
    ],
  },
  {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    body: () => ({}),
    slots: [
      { at: 'imagePullSecrets', elements: [{ name: 'registry' }, { name: 'mirror' }, { name: 'third' }] },
      { at: 'automountServiceAccountToken', values: [undefined, null, true, false] },
    ],
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    body: (name) => ({ spec: { defaultBackend: { service: { name, port: { number: 80 } } } } }),
    slots: [
      { at: 'spec.ingressClassName', values: [undefined, 'nginx', 'other'] },
      { at: 'spec.tls', values: [undefined, [{ hosts: ['a.example.com'], secretName: 'a' }], [{ secretName: 'b' }]] },
      {
        at: 'spec.rules',
        elements: [
          { host: 'a.example.com' },
          {
            host: 'b.example.com',
            http: {
              paths: [{ pathType: 'Prefix', path: '/', backend: { service: { name: 'b', port: { name: 'web' } } } }],
            },
          },
        ],
      },
    ],
  },
  {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    body: () => ({ spec: { schedule: '* * * * *', jobTemplate } }),
    slots: [
      ...podSlots('spec.jobTemplate.spec.template.spec'),
      { at: 'spec.schedule', values: ['* * * * *', '@hourly', '0 4 * * 1-5'] },
      { at: 'spec.suspend', values: [undefined, null, true, false] },
      { at: 'spec.timeZone', values: [undefined, 'Etc/UTC', 'Europe/Berlin'] },
      { at: 'spec.concurrencyPolicy', values: [undefined, 'Forbid', 'Replace'] },
      { at: 'spec.jobTemplate.spec.backoffLimit', values: [undefined, 0, 3] },
    ],
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    body: (name) => ({ spec: { podSelector: { matchLabels: { app: name } }, policyTypes: ['Ingress', 'Egress'] } }),
    slots: [
      { at: 'spec.podSelector.matchLabels', entries: ['app', 'tier'], entryValues: ['a', 'b'] },
      {
        at: 'spec.ingress',
        values: [
          undefined,
          [{}],
          [{ from: [{ podSelector: {} }], ports: [{ port: 80 }, { port: 'web', protocol: 'UDP' }] }],
        ],
      },
      {
        at: 'spec.egress',
        values: [undefined, [{ to: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }] }], [{}]],
      },
    ],
  },
  {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    body: (name) => ({ spec: { maxReplicas: 5, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name } } }),
    slots: [
      { at: 'spec.minReplicas', values: [undefined, null, 1, 3] },
      { at: 'spec.maxReplicas', values: [5, 6, 10] },
      {
        at: 'spec.metrics',
        values: ['cpu', 'memory'].map((name) => [
          { type: 'Resource', resource: { name, target: { type: 'Utilization', averageUtilization: 60 } } },
        ]),
      },
      {
        at: 'spec.behavior',
        values: [
          { scaleDown: { stabilizationWindowSeconds: 60 } },
          { scaleDown: { policies: [{ type: 'Pods', value: 2, periodSeconds: 30 }], selectPolicy: 'Min' } },
        ],
      },
    ],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    body: () => ({ rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] }),
    slots: [
      {
        at: 'rules',
        elements: [
          { resources: ['pods'], apiGroups: [''], verbs: ['get', 'list'] },
          { resources: ['deployments'], apiGroups: ['apps'], verbs: ['*'], resourceNames: ['web'] },
        ],
      },
    ],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    body: () => ({ roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' } }),
    slots: [
      {
        at: 'subjects',
        elements: [
          { name: 'ann', kind: 'User', apiGroup: 'rbac.authorization.k8s.io' },
          { name: 'all', kind: 'Group', apiGroup: 'rbac.authorization.k8s.io' },
          { name: 'robot', kind: 'ServiceAccount', namespace: 'default' },
        ],
      },
    ],
  },
  {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    body: (name) => ({ spec: { minAvailable: 1, selector: { matchLabels: { app: name } } } }),
    slots: [
      { at: 'spec.minAvailable', values: [1, 2, '50%'] },
      { at: 'spec.selector.matchLabels', entries: ['app', 'tier'], entryValues: ['a', 'b'] },
      { at: 'spec.unhealthyPodEvictionPolicy', values: [undefined, 'AlwaysAllow', 'IfHealthyBudget'] },
    ],
  },
  {
    apiVersion: 'garden.example.com/v1',
    kind: 'Garden',
    body: () => ({ spec: { beds: [{ name: 'front' }] } }),
    slots: [
      { at: 'spec.size', values: [undefined, 1, 2] },
      { at: 'spec.soil', values: [undefined, 'clay', 'sand'] },
      { at: 'spec.tools', values: [undefined, ['rake'], ['spade', 'rake'], ['rake', 'hose']] },
      {
        at: 'spec.beds',
        elements: [
          { name: 'front', width: 2 },
          { name: 'front', plants: { rose: 3 } },
          { name: 'back', width: '150%', plants: { fern: 1, moss: 20 } },
        ],
      },
      { at: 'spec.beds.*.plants', entries: ['rose', 'fern', 'tulip'], entryValues: [1, 2] },
      { at: 'spec.anything', values: [undefined, { a: { b: [1, 'two', { c: [] }] } }, { a: 1 }, { list: [] }] },
    ],
  },
];

/** One manifest of each kind, under names that begin with `prefix`. */
export function manifestsToEdit(prefix: string): Edited[] {
  return bases.map(({ apiVersion, kind, body, slots }) => {
    const name = `${prefix}-${kind.toLowerCase()}`;
    const manifest = { apiVersion, kind, metadata: { name }, ...structuredClone(body(name)) };
    return { manifest, slots: [...metadata, ...slots, ...slots] };
  });
}
