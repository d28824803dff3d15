// Watchers, chunks and tables as upstream's test/e2e/apimachinery/{watch,chunking,table_conversion}.go describe them.
import { expect, jest } from '@jest/globals';
import { configMap, type Document, type WatchEvent } from '../api/support/client.ts';
import { until } from '../support/until.ts';
import { answered, judge, standsFor, uniqueName } from './support.ts';

const judged = judge();
const configMaps = () => `/api/v1/namespaces/${judged().namespace}/configmaps`;
const kinds = (events: readonly WatchEvent[]) =>
  events.map(({ type, object }) => `${type} ${object.data?.mutation ?? ''}`);

const labelled = (name: string, label: string) => configMap(name, {}, { labels: { watch: label } });
const mutate = (path: string, mutation: string) => judged().api.patch(path, { data: { mutation } });

standsFor(
  '[sig-api-machinery] Watchers should observe add, update, and delete watch notifications on configmaps [Conformance]',
  async () => {
    const { api } = judged();
    const [a, b] = [uniqueName('a'), uniqueName('b')];
    const watchA = await api.watch(`${configMaps()}?labelSelector=watch%3D${a}`);
    const watchB = await api.watch(`${configMaps()}?labelSelector=watch%3D${b}`);
    const either = await api.watch(`${configMaps()}?labelSelector=watch%20in%20(${a},${b})`);
    for (const label of [a, b]) {
      const path = `${configMaps()}/${label}`;
      await api.made(configMaps(), labelled(label, label));
      await mutate(path, '1');
      await mutate(path, '2');
      await answered(200, api.delete(path));
    }
    const wanted = ['ADDED ', 'MODIFIED 1', 'MODIFIED 2', 'DELETED 2'];
    for (const watch of [watchA, watchB]) {
      expect(kinds(await watch.until(({ type }) => type === 'DELETED'))).toEqual(wanted);
      watch.close();
    }
    const both = [
      ...(await either.until(({ type }) => type === 'DELETED')),
      ...(await either.until(({ type }) => type === 'DELETED')),
    ];
    expect(kinds(both)).toEqual([...wanted, ...wanted]);
    either.close();
  },
);

standsFor(
  '[sig-api-machinery] Watchers should be able to start watching from a specific resource version [Conformance]',
  async () => {
    const { api } = judged();
    const name = uniqueName('from-version');
    await api.made(configMaps(), labelled(name, name));
    const first = (await mutate(`${configMaps()}/${name}`, '1')).body;
    await mutate(`${configMaps()}/${name}`, '2');
    await answered(200, api.delete(`${configMaps()}/${name}`));
    const watch = await api.watch(
      `${configMaps()}?labelSelector=watch%3D${name}&resourceVersion=${first.metadata.resourceVersion}`,
    );
    expect(kinds(await watch.until(({ type }) => type === 'DELETED'))).toEqual(['MODIFIED 2', 'DELETED 2']);
    watch.close();
  },
);

standsFor(
  '[sig-api-machinery] Watchers should be able to restart watching from the last resource version observed by the previous watch [Conformance]',
  async () => {
    const { api } = judged();
    const name = uniqueName('restart');
    const selected = `${configMaps()}?labelSelector=watch%3D${name}`;
    const watch = await api.watch(selected);
    await api.made(configMaps(), labelled(name, name));
    await mutate(`${configMaps()}/${name}`, '1');
    const events = await watch.until(({ object }) => object.data?.mutation === '1');
    watch.close();
    await mutate(`${configMaps()}/${name}`, '2');
    await answered(200, api.delete(`${configMaps()}/${name}`));
    const again = await api.watch(`${selected}&resourceVersion=${events.at(-1)!.object.metadata.resourceVersion}`);
    expect(kinds(await again.until(({ type }) => type === 'DELETED'))).toEqual(['MODIFIED 2', 'DELETED 2']);
    again.close();
  },
);

standsFor(
  '[sig-api-machinery] Watchers should observe an object deletion if it stops meeting the requirements of the selector [Conformance]',
  async () => {
    const { api } = judged();
    const name = uniqueName('selector');
    const path = `${configMaps()}/${name}`;
    const watch = await api.watch(`${configMaps()}?labelSelector=watch%3D${name}`);
    await api.made(configMaps(), labelled(name, name));
    await mutate(path, '1');
    await api.patch(path, { metadata: { labels: { watch: 'wrong-value' } } });
    await mutate(path, '2');
    await api.patch(path, { metadata: { labels: { watch: name } } });
    await mutate(path, '3');
    await answered(200, api.delete(path));
    const events = [
      ...(await watch.until(({ type }) => type === 'DELETED')),
      ...(await watch.until(({ type }) => type === 'DELETED')),
    ];
    expect(kinds(events)).toEqual(['ADDED ', 'MODIFIED 1', 'DELETED 1', 'ADDED 2', 'MODIFIED 3', 'DELETED 3']);
    watch.close();
  },
);

standsFor(
  '[sig-api-machinery] Watchers should receive events on concurrent watches in same order [Conformance]',
  async () => {
    const { api } = judged();
    const label = uniqueName('order');
    const selected = `${configMaps()}?labelSelector=watch%3D${label}`;
    const first = await api.watch(selected);
    const rounds = 40;
    const writing = (async () => {
      for (let round = 0; round < rounds; round++) {
        const path = `${configMaps()}/${label}-${round % 4}`;
        if (round < 4) await api.made(configMaps(), labelled(`${label}-${round}`, label));
        else if (round % 8 === 7) {
          await answered(200, api.delete(path));
          await api.made(configMaps(), labelled(`${label}-${round % 4}`, label));
        } else await mutate(path, String(round));
      }
      await api.made(configMaps(), labelled(`${label}-last`, label));
    })();
    const isLast = ({ object }: WatchEvent) => object.metadata.name === `${label}-last`;
    // A further watch begins at each event that the first one sees.
    const followers: Promise<WatchEvent[]>[] = [];
    const seenEvents: WatchEvent[] = [];
    for (let last = false; !last; ) {
      const event = await first.next();
      seenEvents.push(event);
      last = isLast(event);
      if (last || followers.length >= 20) continue;
      followers.push(
        api.watch(`${selected}&resourceVersion=${event.object.metadata.resourceVersion}`).then(async (watch) => {
          const events = await watch.until(isLast);
          watch.close();
          return events;
        }),
      );
    }
    await writing;
    first.close();
    const versions = (events: readonly WatchEvent[]) => events.map(({ object }) => object.metadata.resourceVersion);
    for (const [index, follower] of followers.entries())
      expect(versions(await follower)).toEqual(versions(seenEvents.slice(index + 1)));
  },
);

/** Makes that many pod templates in the namespace of this file; gives the path of the collection and the names in order. */
async function makeTemplates(prefix: string, total: number): Promise<{ templates: string; all: string[] }> {
  const { api, namespace } = judged();
  const templates = `/api/v1/namespaces/${namespace}/podtemplates`;
  const all = Array.from({ length: total }, (_, index) => `${prefix}-${String(index).padStart(4, '0')}`);
  const template = { spec: { containers: [{ name: 'test', image: 'test' }] } };
  await Promise.all(
    all.map((name) => api.made(templates, { apiVersion: 'v1', kind: 'PodTemplate', metadata: { name }, template })),
  );
  return { templates, all };
}

const namesOf = (list: Document) => list.items.map(({ metadata }: Document) => metadata.name);

standsFor(
  '[sig-api-machinery] Servers with support for API chunking should return chunks of results for list calls [Conformance]',
  async () => {
    const { api } = judged();
    const total = 40;
    const { templates, all } = await makeTemplates('template', total);
    const names: string[] = [];
    const versions = new Set<string>();
    for (let next = ''; ; ) {
      const page = await answered(200, api.get(`${templates}?limit=17${next}`));
      names.push(...namesOf(page));
      versions.add(page.metadata.resourceVersion);
      if (page.metadata.continue === undefined) break;
      expect(page.metadata.remainingItemCount).toBe(total - names.length);
      next = `&continue=${encodeURIComponent(page.metadata.continue)}`;
    }
    expect(names).toEqual(all);
    expect(versions.size).toBe(1);
    const whole = await answered(200, api.get(templates));
    expect(whole.items).toHaveLength(total);
    expect(whole.metadata.remainingItemCount).toBeUndefined();
    await answered(200, api.delete(templates));
  },
);

standsFor(
  '[sig-api-machinery] Servers with support for API chunking should support continue listing from the last key if the original version has been compacted away, though the list is inconsistent [Conformance] [Slow]',
  async () => {
    const { api, cluster } = judged();
    // Another server's history ends when it pleases (etcd's every 5 minutes): that is what the slow form waits for.
    if (cluster === undefined) jest.setTimeout(900_000);
    const { templates, all } = await makeTemplates('compacted', 20);
    const first = await answered(200, api.get(`${templates}?limit=5`));
    await answered(200, api.delete(`${templates}/${all[7]}`));
    if (cluster !== undefined) await cluster.storage.compact(await cluster.storage.currentRevision());
    const next = `${templates}?limit=5&continue=`;
    const expired = await until(
      'the token to expire',
      async () => {
        const { status, body } = await api.get(next + encodeURIComponent(first.metadata.continue));
        return status === 410 && body;
      },
      800,
    );
    expect(expired.reason).toBe('Expired');
    const second = await answered(200, api.get(next + encodeURIComponent(expired.metadata.continue)));
    expect(second.metadata.resourceVersion).not.toBe(first.metadata.resourceVersion);
    expect(namesOf(second)).toEqual([5, 6, 8, 9, 10].map((index) => all[index]));
    const rest = await answered(200, api.get(`${templates}?continue=${encodeURIComponent(second.metadata.continue)}`));
    expect(rest.metadata.resourceVersion).toBe(second.metadata.resourceVersion);
    expect(namesOf(rest)).toEqual(all.slice(11));
  },
);

standsFor(
  '[sig-api-machinery] Servers with support for Table transformation should return a 406 for a backend which does not implement metadata [Conformance]',
  async () => {
    const { api } = judged();
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { namespace: 'default', verb: 'get', resource: 'pods' } },
    };
    const accept = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
    const body = await answered(
      406,
      api.post('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', review, accept),
    );
    expect(body.reason).toBe('NotAcceptable');
  },
);

standsFor('[sig-api-machinery] server version should find the server version [Conformance]', async () => {
  const version = await answered(200, judged().api.get('/version'));
  expect([version.major, version.minor]).toEqual(['1', '36']);
  expect(version.gitVersion).toMatch(/^v1\.36\./);
});
