// One client of a run: random calls on few keys, so that clients meet; and one watcher, which begins at random revisions.
// The shares follow etcd's robustness tests (tests/robustness/traffic/kubernetes.go).
import type { Key, Storage, StoredObject, WriteOperation } from '../../../storage/storage.ts';
import { Recorder } from '../../../storage/testing/recorder.ts';
import type { Observer, WatchRecord } from './observations.ts';
import type { Random } from './random.ts';

const resources = ['pods', 'leases.coordination.k8s.io', 'events'];
const namespaces = ['ns1', 'ns10'];
const names = ['a', 'b', 'c', 'd', 'e'];
const spread = 100;

export interface Participant {
  storage: Storage;
  observer: Observer;
  random: Random;
  /** Makes every value of the run another. */
  id: string;
}

/** Calls until `stopped`. */
export async function runClient({ storage, observer, random, id }: Participant, stopped: () => boolean): Promise<void> {
  let known: StoredObject | undefined;
  for (let count = 0; !stopped(); count++) {
    const key = randomKey(random);
    switch (random.weighted({ update: 40, create: 12, delete: 8, get: 15, list: 10, page: 10, currentRevision: 15 })) {
      case 'update':
        await observer.write(storage, randomUpdate(random, known, key, `${id}.${count}`));
        break;
      case 'create':
        await observer.write(storage, { type: 'create', key, uid: `u${id}.${count}`, value: `${id}.${count}` });
        break;
      case 'delete':
        await observer.write(storage, randomDelete(random, known, key));
        break;
      case 'get': {
        const outcome = await observer.get(storage, key);
        if (outcome.kind === 'object') known = outcome.object;
        break;
      }
      case 'list':
        await observer.list(storage, { resource: key.resource });
        break;
      case 'page':
        await observer.list(storage, randomPage(random, key, observer.newest));
        break;
      case 'currentRevision':
        await observer.currentRevision(storage);
    }
  }
}

function randomKey(random: Random): Key {
  return { resource: random.pick(resources), namespace: random.pick(namespaces), name: random.pick(names) };
}

function keyOf({ resource, namespace, name }: StoredObject): Key {
  return { resource, namespace, name };
}

/** Half of them on what the client read last, with preconditions, some of them with nothing to change. */
function randomUpdate(random: Random, known: StoredObject | undefined, key: Key, value: string): WriteOperation {
  if (!known || random.next() < 0.5) return { type: 'update', key, value };
  const preconditions = random.pick([{ revision: known.revision }, { uid: known.uid }, { uid: 'another' }, {}]);
  return { type: 'update', key: keyOf(known), value: random.next() < 0.2 ? known.value : value, preconditions };
}

function randomDelete(random: Random, known: StoredObject | undefined, key: Key): WriteOperation {
  if (!known || random.next() < 0.5) return { type: 'delete', key };
  const preconditions = random.pick([{ revision: known.revision, uid: known.uid }, { revision: known.revision - 1 }]);
  return { type: 'delete', key: keyOf(known), preconditions };
}

function randomPage(random: Random, { resource, namespace, name }: Key, newest: number) {
  const revision = Math.max(1, newest - spread + random.below(spread + 10));
  const after = random.next() < 0.5 ? { after: { namespace, name } } : {};
  return { resource, revision, limit: 1 + random.below(5), ...after };
}

/** Watches one resource or all from a random revision near the newest, for some time, again and again. */
export async function runWatcher(
  { storage, observer, random }: Participant,
  stopped: () => boolean,
  pause: (milliseconds: number) => Promise<void>,
): Promise<WatchRecord[]> {
  const records: WatchRecord[] = [];
  while (!stopped()) {
    const floor = observer.newest;
    const after = Math.max(1, floor - spread + random.below(spread + 10));
    const resource = random.next() < 0.3 ? undefined : random.pick(resources);
    const recorder = new Recorder(storage, after, resource);
    await Promise.race([recorder.ends(), pause(20 + random.below(400))]);
    recorder.close();
    const { events, problems, error, progress } = recorder;
    const { compacted } = observer;
    records.push({ after, resource, events, problems, progress, error: error?.reason, floor, compacted });
  }
  return records;
}
