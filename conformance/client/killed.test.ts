// Processes that are killed as a power cut would: an informer outlives its server, and the second of two controller managers its leader.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Client } from '../../client/client.ts';
import { http2Transport } from '../../client/http2-transport.ts';
import { Informers } from '../../client/informers.ts';
import { ConfigMap, Lease, Namespace, ServiceAccount } from '../../client/kinds.ts';
import { loadKubeconfig } from '../../client/kubeconfig.ts';
import { silentLog } from '../../client/testing/clients.ts';
import type { Transport } from '../../client/transport.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

// Servers are started several times over, on machines that are busy.
jest.setTimeout(120_000);

const main = fileURLToPath(new URL('../../cli/pgplane.mjs', import.meta.url));

let data: string;
let server: ServerProcess;
let transport: Transport;
let client: Client;

beforeEach(async () => {
  data = mkdtempSync(path.join(os.tmpdir(), 'pgplane-killed-'));
  server = await startServerProcess({ dataDirectory: data, args: ['--default-service-accounts', 'false'] });
  transport = http2Transport(await loadKubeconfig(server.kubeconfigPath));
  client = new Client(transport);
});

afterEach(async () => {
  await transport.close();
  await server.stop();
  rmSync(data, { recursive: true, force: true });
});

test('an informer knows everything again after its server was killed and has come back', async () => {
  const informers = new Informers(client, {
    log: silentLog,
    backoff: { initialMs: 20, maxMs: 200, factor: 2, jitter: 0, resetMs: 1000 },
  });
  try {
    const maps = informers.of(ConfigMap, { namespace: 'default' });
    const heard: string[] = [];
    maps.addHandler({
      add: ({ metadata }) => void heard.push(`add ${metadata.name}`),
      update: (_, { metadata, data: now }) => void heard.push(`update ${metadata.name} ${now?.['x']}`),
      delete: ({ metadata }) => void heard.push(`delete ${metadata.name}`),
    });
    informers.start();
    await informers.synced();
    const api = client.resource(ConfigMap);
    const made = await api.create({ metadata: { namespace: 'default', name: 'before' }, data: { x: '1' } });
    await until('before', () => heard.includes('add before'));
    for (let round = 0; round < 3; round++) {
      await server.kill();
      server = await startServerProcess({
        dataDirectory: data,
        args: ['--default-service-accounts', 'false', '--secure-port', String(server.port)],
      });
      await api.patch(made.metadata, 'merge', { data: { x: `round ${round}` } });
      await until(`round ${round}`, () => heard.includes(`update before round ${round}`));
    }
    await api.delete(made.metadata);
    await until('deleted', () => heard.includes('delete before'));
    expect(heard).toEqual(['add before', ...[0, 1, 2].map((round) => `update before round ${round}`), 'delete before']);
  } finally {
    await informers.stop();
  }
});

test('when the leading controller manager is killed the other takes over within the lease, with its own identities', async () => {
  const running: ChildProcess[] = [];
  const start = async (): Promise<{ child: ChildProcess; output: () => string }> => {
    const flags = ['--kubeconfig', server.kubeconfigPath, '--use-service-account-credentials'];
    const times = ['lease-duration=3s', 'renew-deadline=2s', 'retry-period=200ms'].map(
      (time) => `--leader-elect-${time}`,
    );
    const child = spawn(process.execPath, [main, 'controllers', ...flags, ...times], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    running.push(child);
    let output = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    await until('it has said where it stands', () => /controllers run|standing by/.test(output));
    return { child, output: () => output };
  };
  try {
    const leader = await start();
    expect(leader.output()).toContain('the controllers run');
    const other = await start();
    expect(other.output()).toContain('standing by');
    const accounts = client.resource(ServiceAccount);
    const hasDefault = async (namespace: string) =>
      (await accounts.list({ namespace, fieldSelector: 'metadata.name=default' })).items.length === 1;
    await until('the first leader works', () => hasDefault('default'));
    const { spec: before } = await client
      .resource(Lease)
      .get({ namespace: 'kube-system', name: 'kube-controller-manager' });
    leader.child.kill('SIGKILL');
    await once(leader.child, 'exit');
    await client.resource(Namespace).create({ metadata: { name: 'after' } });
    await until('the second leader works', () => hasDefault('after'));
    const { spec: after } = await client
      .resource(Lease)
      .get({ namespace: 'kube-system', name: 'kube-controller-manager' });
    expect(after!.holderIdentity).not.toBe(before!.holderIdentity);
    expect(after!.leaseTransitions).toBe(before!.leaseTransitions! + 1);
    // Each controller asked for tokens of an account that it made for itself.
    expect((await accounts.list({ namespace: 'kube-system' })).items.map(({ metadata }) => metadata.name)).toEqual(
      expect.arrayContaining(['root-ca-cert-publisher', 'service-account-controller']),
    );
    other.child.kill('SIGTERM');
    const [code] = (await once(other.child, 'exit')) as [number];
    expect(code).toBe(0);
    const { spec: released } = await client
      .resource(Lease)
      .get({ namespace: 'kube-system', name: 'kube-controller-manager' });
    expect(released!.holderIdentity).toBe('');
  } finally {
    for (const child of running) child.kill('SIGKILL');
  }
});
