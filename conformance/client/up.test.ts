// `pgplane up` with its controllers: it is ready when they run, and they keep what every namespace needs.
import { expect, test } from '@jest/globals';
import { Client } from '../../client/client.ts';
import { http2Transport } from '../../client/http2-transport.ts';
import { Namespace, Pod, ServiceAccount } from '../../client/kinds.ts';
import { loadKubeconfig } from '../../client/kubeconfig.ts';
import { startServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

test('it is ready with its controllers, a Pod may follow its namespace at once, and SIGTERM ends all', async () => {
  const up = await startServerProcess({ command: 'up' });
  const transport = http2Transport(await loadKubeconfig(up.kubeconfigPath));
  try {
    const client = new Client(transport);
    expect(up.output()).toMatch(/controllers \d+ running/);
    expect(await client.text({ method: 'GET', path: '/readyz', query: { verbose: '1' } })).toContain(
      '[+]controllers ok',
    );
    // The service account is made by a controller; the Pod waits for it.
    await client.resource(Namespace).create({ metadata: { name: 'new' } });
    const spec = { containers: [{ name: 'c', image: 'i' }] };
    const pod = await client.resource(Pod).create({ metadata: { namespace: 'new', name: 'first' }, spec });
    expect(pod.spec?.serviceAccountName).toBe('default');
    const accounts = client.resource(ServiceAccount);
    const { metadata } = await accounts.get({ namespace: 'new', name: 'default' });
    await accounts.delete(metadata);
    await until('another one', async () => {
      const { items } = await accounts.list({ namespace: 'new' });
      return items.length === 1 && items[0]!.metadata.uid !== metadata.uid;
    });
  } finally {
    await transport.close();
    expect(await up.stop()).toBe(0);
  }
}, 120_000);
