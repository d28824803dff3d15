// kubectl over an aggregated API: discovery, short names, create, get, explain, and what it says when the server is away.
import { describe, expect, test } from '@jest/globals';
import { AggregatedServer, apiService, group, serverName, service, version } from '../api/support/aggregated-server.ts';
import { ApiClient } from '../api/support/client.ts';
import { until } from '../support/until.ts';
import { describeKubectl } from './suite.ts';

describeKubectl('an aggregated API', (suite) => {
  describe('served by another server', () => {
    test('is used like any other', async () => {
      const { kubectl, cluster } = suite();
      const api = new ApiClient(cluster);
      const remote = new AggregatedServer();
      const authentication = '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication';
      const { data } = (await api.get(authentication)).body;
      await remote.start(data['requestheader-client-ca-file'], serverName);
      try {
        await api.made('/api/v1/namespaces/default/services', service);
        await kubectl.ok('apply -f -', { input: apiService(remote.authority, remote.port) });
        await kubectl.ok(`wait --for=condition=Available apiservice/${version}.${group} --timeout=30s`);
        await until('discovery', async () => {
          const { stdout } = await kubectl.run(`api-resources --api-group ${group} --no-headers`);
          return /^flunders\s+fl\s+wardle\.example\.com\/v1alpha1\s+true\s+Flunder/.test(stdout);
        });
        const flunder = {
          apiVersion: `${group}/${version}`,
          kind: 'Flunder',
          metadata: { name: 'red' },
          spec: { color: 'red' },
        };
        const created = await kubectl.ok('create --validate=false -f -', { input: flunder });
        expect(created).toContain(`flunder.${group}/red created`);
        expect(await kubectl.ok('get fl red -o jsonpath={.spec.color}')).toBe('red');
        await until('explain', async () =>
          (await kubectl.run('explain flunder.spec.color')).stdout.includes('Its color.'),
        );
        expect(await kubectl.ok(`get apiservice ${version}.${group} --no-headers`)).toMatch(/default\/wardle\s+True/);
      } finally {
        await remote.stop();
        await kubectl.run(`delete apiservice ${version}.${group}`);
      }
    });
  });
});
