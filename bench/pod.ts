// The object that is written and read: a Pod as a Deployment's would be, about 2.4 KB of JSON as a server stores it.

/** What has to be in a namespace before pods can be created where the controllers do not run. */
export const defaultServiceAccount = JSON.stringify({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: 'default' },
});

/** A label key that is the same length for every value, so that bodies can be made from one template. */
export const sequenceLabel = 'bench/sequence';

const probe = (path: string, seconds: number) => ({
  httpGet: { path, port: 'http', scheme: 'HTTP' },
  initialDelaySeconds: seconds,
  periodSeconds: 10,
  timeoutSeconds: 2,
  successThreshold: 1,
  failureThreshold: 3,
});

function container(name: string, port: number) {
  return {
    name,
    image: `registry.example.com/shop/${name}:1.42.0`,
    args: ['--listen', `:${port}`, '--log-format=json'],
    ports: [{ name: 'http', containerPort: port, protocol: 'TCP' }],
    env: [
      { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
      { name: 'DATABASE_PASSWORD', valueFrom: { secretKeyRef: { name: 'shop-database', key: 'password' } } },
      { name: 'REGION', value: 'eu-central-1' },
    ],
    resources: { limits: { cpu: '500m', memory: '256Mi' }, requests: { cpu: '100m', memory: '128Mi' } },
    volumeMounts: [
      { name: 'config', mountPath: '/etc/shop', readOnly: true },
      { name: 'scratch', mountPath: '/tmp' },
    ],
    livenessProbe: probe('/healthz', 10),
    readinessProbe: probe('/readyz', 2),
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
  };
}

/** The Pod `name`; `sequence` is stored in a label. No service account token is mounted, so the server adds no volume. */
export function podBody(name: string, sequence: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      labels: { app: 'shop', tier: 'web', 'pod-template-hash': '5d9c7b6f4b', [sequenceLabel]: sequence },
      annotations: { 'bench/checksum': '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' },
    },
    spec: {
      automountServiceAccountToken: false,
      containers: [container('web', 8080)],
      initContainers: [
        {
          name: 'migrate',
          image: 'registry.example.com/shop/migrate:1.42.0',
          args: ['up'],
          resources: { limits: { memory: '64Mi' } },
        },
      ],
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      securityContext: { runAsNonRoot: true, runAsUser: 10001, fsGroup: 10001 },
      terminationGracePeriodSeconds: 30,
      volumes: [
        { name: 'config', configMap: { name: 'shop', defaultMode: 420 } },
        { name: 'scratch', emptyDir: { sizeLimit: '64Mi' } },
      ],
    },
  });
}
