// Events as they come to stand on a server: counted, combined, and as series.
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { type Cluster, startCluster } from '../../testing/index.ts';
import type { Client } from '../client.ts';
import { CoreEvent, Event, Namespace } from '../kinds.ts';
import { adminClient, silentLog } from '../testing/clients.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import type { Transport } from '../transport.ts';
import { EventRecorder } from './event-recorder.ts';
import { SeriesRecorder } from './series-recorder.ts';

// The first cluster prepares a database, which takes its time on a busy machine.
jest.setTimeout(60_000);

let cluster: Cluster;
let client: Client;
let transport: Transport;

beforeEach(async () => {
  cluster = await startCluster();
  ({ client, transport } = adminClient(cluster));
});

afterEach(async () => {
  await transport.close();
  await cluster.stop();
});

test('a recorder creates, counts, and makes anew what has expired', async () => {
  const recorder = new EventRecorder({ client, component: 'test', log: silentLog });
  const namespace = await client.resource(Namespace).get({ name: 'default' });
  for (let i = 0; i < 3; i++) recorder.event(namespace, 'Normal', 'Tested', 'it was tested');
  recorder.event(namespace, 'Warning', 'Tested', 'it was tested', { annotations: { a: 'b' } });
  await recorder.flushed();
  const events = client.resource(CoreEvent);
  const { items } = await events.list({ namespace: 'default', fieldSelector: 'reason=Tested' });
  expect(items.map(({ type, count, message }) => [type, count, message]).sort()).toEqual([
    ['Normal', 3, 'it was tested'],
    ['Warning', 1, 'it was tested'],
  ]);
  expect(items.find(({ type }) => type === 'Normal')).toMatchObject({
    involvedObject: { kind: 'Namespace', name: 'default', apiVersion: 'v1', uid: namespace.metadata.uid },
    source: { component: 'test' },
    reportingComponent: 'test',
  });
  await events.deleteCollection({ namespace: 'default' });
  recorder.event(namespace, 'Normal', 'Tested', 'it was tested');
  await recorder.flushed();
  expect((await events.list({ fieldSelector: 'reason=Tested' })).items.map(({ count }) => count)).toEqual([4]);
  await recorder.close();
});

test('the same again is a series, which is written at its beginning and at its end', async () => {
  const clock = new FakeClock(Date.now());
  const recorder = new SeriesRecorder({ client, reportingController: 'default-scheduler', log: silentLog, clock });
  const namespace = await client.resource(Namespace).get({ name: 'default' });
  const record = () => recorder.event(namespace, undefined, 'Warning', 'FailedScheduling', 'Scheduling', '0/3 nodes');
  const written = async () => {
    await recorder.flushed();
    const { items } = await client.resource(Event).list({ fieldSelector: 'reason=FailedScheduling' });
    return items.map(({ note, action, series }) => [note, action, series?.count]);
  };
  record();
  expect(await written()).toEqual([['0/3 nodes', 'Scheduling', undefined]]);
  record();
  expect(await written()).toEqual([['0/3 nodes', 'Scheduling', 2]]);
  for (let i = 0; i < 5; i++) record();
  expect(await written()).toEqual([['0/3 nodes', 'Scheduling', 2]]);
  await clock.advance(13 * 60_000);
  expect(await written()).toEqual([['0/3 nodes', 'Scheduling', 7]]);
  await recorder.close();
  expect(clock.timers).toBe(0);
});
