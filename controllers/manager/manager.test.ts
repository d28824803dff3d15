// The manager: which controllers run, how they begin and end, and the two first ones at work.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { inProcessClients } from '../../cli/in-process-controllers.ts';
import { Client } from '../../client/client.ts';
import { Controller } from '../../client/controller.ts';
import { ConfigMap, Namespace, ServiceAccount } from '../../client/kinds.ts';
import { silentLog, transports } from '../../client/testing/clients.ts';
import { until } from '../../conformance/support/until.ts';
import { type Cluster, startCluster } from '../../testing/index.ts';
import type { ControllerDescriptor } from './descriptor.ts';
import { enabledControllers } from './enabled.ts';
import { count, duration, flagValues, list, number } from './flags.ts';
import { ControllerManager, type ControllerManagerOptions } from './manager.ts';
import { controllerDescriptors } from './registry.ts';

// The first cluster prepares a database, which takes its time on a busy machine.
jest.setTimeout(60_000);

const build = () => undefined;
const some: ControllerDescriptor[] = [
  { name: 'a-controller', aliases: ['a'], build },
  { name: 'b-controller', build },
  { name: 'c-controller', disabledByDefault: true, build },
];

describe('--controllers', () => {
  test.each([
    ['*', 'a-controller b-controller'],
    ['*,-a-controller', 'b-controller'],
    ['*,-a', 'b-controller'],
    ['*,c-controller', 'a-controller b-controller c-controller'],
    ['b-controller', 'b-controller'],
    ['-b-controller', ''],
    // The first word on a controller counts.
    ['b-controller,-b-controller', 'b-controller'],
    ['-b-controller,*,b-controller', 'a-controller'],
    ['', ''],
  ])('%s runs %s', (text, names) => {
    const enabled = enabledControllers(some, list('*', '').parse(text));
    expect(enabled.map(({ name }) => name).join(' ')).toBe(names);
  });

  test('a name that no controller has is refused', () => {
    expect(() => enabledControllers(some, ['*', '-d'])).toThrow('"d" is not in the list of known controllers');
  });

  test('names and aliases are each used once', () => {
    const names = controllerDescriptors.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
    expect(names).toEqual([...new Set(names)]);
  });
});

test.each([
  [duration('1s', ''), '1h30m', 5_400_000],
  [duration('1s', ''), '500ms', 500],
  [duration('1s', ''), '0', 0],
  [count(5, ''), '7', 7],
  [number(0.1, ''), '0.55', 0.55],
])('flags are read: %#', (flag, text, value) => expect(flag.parse(text)).toBe(value));

test.each([
  [duration('1s', ''), '5'],
  [duration('1s', ''), '-5s'],
  [count(5, ''), '0'],
  [count(5, ''), '1.5'],
  [number(0.1, ''), 'x'],
])('flags are refused: %#', (flag, text) => expect(() => flag.parse(text)).toThrow('Give a'));

test('what is given stands over the standard', () => {
  const table = { 'concurrent-foo-syncs': count(5, ''), 'foo-period': duration('1m', '') };
  expect(flagValues(table, { 'foo-period': 5 })).toEqual({ 'concurrent-foo-syncs': 5, 'foo-period': 5 });
});

describe('at work', () => {
  let cluster: Cluster;
  let client: Client;
  const managers: ControllerManager[] = [];

  beforeEach(async () => {
    cluster = await startCluster({ storage: 'memory', server: { defaultServiceAccounts: false } });
    client = new Client(transports['in-process'](cluster));
  });

  afterEach(async () => {
    for (const manager of managers.splice(0)) await manager.stop();
    await cluster.stop();
  });

  function start(more: Partial<ControllerManagerOptions> = {}): ControllerManager {
    const manager = new ControllerManager({
      clients: inProcessClients(cluster.server),
      descriptors: controllerDescriptors,
      rootCertificateAuthority: cluster.certificateAuthority,
      log: silentLog,
      ...more,
    });
    managers.push(manager);
    manager.start();
    return manager;
  }

  const has = async (namespace: string): Promise<boolean> => {
    const { items: accounts } = await client.resource(ServiceAccount).list({ namespace });
    const { items: maps } = await client.resource(ConfigMap).list({ namespace });
    return (
      accounts.some(({ metadata }) => metadata.name === 'default') &&
      maps.some(({ metadata, data }) => {
        const described = metadata.annotations?.['kubernetes.io/description'] !== undefined;
        return metadata.name === 'kube-root-ca.crt' && data?.['ca.crt'] === cluster.certificateAuthority && described;
      })
    );
  };

  test('every namespace gets its service account and its certificates, and gets them back', async () => {
    expect(await has('default')).toBe(false);
    expect(await start().settled()).toBe('running');
    await until('default', () => has('default'));
    await client.resource(Namespace).create({ metadata: { name: 'new' } });
    await until('new', () => has('new'));
    await client.resource(ServiceAccount).delete({ namespace: 'new', name: 'default' });
    await client.resource(ConfigMap).delete({ namespace: 'new', name: 'kube-root-ca.crt' });
    await until('both back', () => has('new'));
    const map = await client.resource(ConfigMap).get({ namespace: 'new', name: 'kube-root-ca.crt' });
    await client.resource(ConfigMap).update({ ...map, data: { 'ca.crt': 'not this' } });
    await until('the right certificates', () => has('new'));
    // What was changed by a controller says so: each writes as its own service account.
    const { items } = await client.resource(ConfigMap).list({ namespace: 'new' });
    expect(items[0]!.metadata.managedFields?.map(({ manager }) => manager)).toContain('kube-controller-manager');
  });

  test('a manager without a controller leaves its work undone', async () => {
    expect(await start({ flags: { controllers: ['*', '-serviceaccount'] } }).settled()).toBe('running');
    await until(
      'the map',
      async () => (await client.resource(ConfigMap).list({ namespace: 'default' })).items.length > 0,
    );
    expect((await client.resource(ServiceAccount).list()).items).toEqual([]);
  });

  test('of two managers one leads; when it stops the other takes over', async () => {
    const times = {
      'leader-elect-lease-duration': 1500,
      'leader-elect-renew-deadline': 1000,
      'leader-elect-retry-period': 50,
    };
    const first = start({ flags: times });
    expect(await first.settled()).toBe('running');
    const second = start({ flags: times });
    expect(await second.settled()).toBe('standby');
    await first.stop();
    await until('the second runs', () => second.state === 'running');
    await client.resource(Namespace).create({ metadata: { name: 'after' } });
    await until('after', () => has('after'));
  });

  test('a controller that cannot be built, or never starts, is named and tried again, and keeps nobody from stopping', async () => {
    let builds = 0;
    const broken: ControllerDescriptor = {
      name: 'broken-controller',
      build() {
        builds += 1;
        throw new Error('broken');
      },
    };
    const manager = start({ descriptors: [broken], flags: { 'leader-elect': false } });
    await until('a second attempt', () => builds > 1);
    await manager.stop();
    const slow: ControllerDescriptor = {
      name: 'slow-controller',
      build: ({ informers, log }) =>
        new Controller({ name: 'slow-controller', log, reconcile: async () => undefined }).watch(
          informers.of({ group: 'none.example', version: 'v1', resource: 'nones', kind: 'None', namespaced: true }),
        ),
    };
    const waiting = start({ descriptors: [slow], flags: { 'leader-elect': false } });
    await until('it is starting', () => waiting.state === 'starting');
    await waiting.stop();
    expect(await waiting.settled()).toBe('standby');
  });
});
