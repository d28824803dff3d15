// The manifests of an ordinary two-tier application, as a newcomer would write them.

const labels = (tier: string) => ({ app: 'guestbook', tier });

/** A secret, a database with its service, and three web servers behind a load balancer. */
export const application = [
  {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'guestbook-database', labels: labels('database') },
    type: 'Opaque',
    stringData: { password: 'correct horse battery staple' },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'guestbook-database', labels: labels('database') },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels('database') },
      strategy: { type: 'Recreate' },
      template: {
        metadata: { labels: labels('database') },
        spec: {
          containers: [
            {
              name: 'postgres',
              image: 'postgres:18',
              env: [
                { name: 'POSTGRES_DB', value: 'guestbook' },
                {
                  name: 'POSTGRES_PASSWORD',
                  valueFrom: { secretKeyRef: { name: 'guestbook-database', key: 'password' } },
                },
              ],
              ports: [{ name: 'postgres', containerPort: 5432 }],
              readinessProbe: { exec: { command: ['pg_isready', '-U', 'postgres'] }, periodSeconds: 5 },
              resources: { requests: { cpu: '250m', memory: '256Mi' }, limits: { memory: '512Mi' } },
              volumeMounts: [{ name: 'data', mountPath: '/var/lib/postgresql' }],
            },
          ],
          volumes: [{ name: 'data', emptyDir: {} }],
        },
      },
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'guestbook-database', labels: labels('database') },
    spec: { selector: labels('database'), ports: [{ port: 5432, targetPort: 'postgres' }] },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'guestbook-web', labels: labels('web') },
    spec: {
      replicas: 3,
      selector: { matchLabels: labels('web') },
      template: {
        metadata: { labels: labels('web') },
        spec: {
          containers: [
            {
              name: 'web',
              image: 'example.com/guestbook:2.1.0',
              args: ['--listen=:8080'],
              env: [
                { name: 'DATABASE_HOST', value: 'guestbook-database' },
                {
                  name: 'DATABASE_PASSWORD',
                  valueFrom: { secretKeyRef: { name: 'guestbook-database', key: 'password' } },
                },
              ],
              ports: [{ name: 'http', containerPort: 8080 }],
              livenessProbe: { httpGet: { path: '/healthz', port: 'http' } },
              readinessProbe: { httpGet: { path: '/readyz', port: 'http' }, initialDelaySeconds: 2 },
              resources: { requests: { cpu: '100m', memory: '64Mi' } },
            },
          ],
        },
      },
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'guestbook-web', labels: labels('web') },
    spec: { type: 'LoadBalancer', selector: labels('web'), ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  },
];
