// The project's own image: becomes healthy, serves a client outside, does not run as root, stops when told to, keeps its data.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';

jest.setTimeout(180_000);

const image = process.env['PGPLANE_TEST_IMAGE'] ?? 'pgplane';
let container: StartedTestContainer;

beforeAll(async () => {
  container = await new GenericContainer(image).withExposedPorts(6443).withWaitStrategy(Wait.forHealthCheck()).start();
});
afterAll(async () => {
  await container?.stop();
});

async function output(command: string[]): Promise<string> {
  const { exitCode, output } = await container.exec(command);
  expect(exitCode).toBe(0);
  return output.trim();
}

/** The administrator's kubeconfig from inside, with the address by which the container is reached from here. */
async function client(): Promise<CoreV1Api> {
  const text = await output(['cat', '/var/lib/pgplane/kubeconfig']);
  const config = new KubeConfig();
  config.loadFromString(text.replace(/server: .*/, `server: https://127.0.0.1:${container.getMappedPort(6443)}`));
  return config.makeApiClient(CoreV1Api);
}

test('serves a client outside of it', async () => {
  const core = await client();
  await core.createNamespacedConfigMap({
    namespace: 'default',
    body: { metadata: { name: 'outside' }, data: { a: 'b' } },
  });
  expect((await core.readNamespacedConfigMap({ namespace: 'default', name: 'outside' })).data).toEqual({ a: 'b' });
});

test('does not run as root', async () => {
  expect(await output(['id', '-u'])).toBe('1000');
});

test('keeps its objects over a restart', async () => {
  await container.restart();
  const core = await client();
  expect((await core.readNamespacedConfigMap({ namespace: 'default', name: 'outside' })).data).toEqual({ a: 'b' });
});
