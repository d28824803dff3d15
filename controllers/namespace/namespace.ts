// namespace-controller: empties a namespace that is being deleted, says what remains, and lets it go
// (pkg/controller/namespace/namespace_controller.go, deletion/namespaced_resources_deleter.go).
import type { Client } from '../../client/client.ts';
import { Controller, type ReconcileResult } from '../../client/controller.ts';
import { isConflict, isNotFound } from '../../client/errors.ts';
import { Namespace } from '../../client/kinds.ts';
import {
  BucketRateLimiter,
  ExponentialFailureRateLimiter,
  MaxOfRateLimiter,
  TokenBucket,
} from '../../client/rate-limiters.ts';
import type { ControllerDescriptor } from '../manager/descriptor.ts';
import { namespaceConditions } from './conditions.ts';
import { deleteContent } from './content-deleter.ts';

/** What this controller is waited for by. */
const finalizer = 'kubernetes';

export const namespace: ControllerDescriptor = {
  name: 'namespace-controller',
  aliases: ['namespace'],
  build({ informers, client, flags, log, clock }) {
    const namespaces = informers.of(Namespace);
    const api = client('namespace-controller');
    const controller = new Controller({
      name: 'namespace-controller',
      workers: flags['concurrent-namespace-syncs'],
      log,
      clock,
      rateLimiter: new MaxOfRateLimiter(
        new ExponentialFailureRateLimiter(5, 60_000),
        new BucketRateLimiter(new TokenBucket(10, 100, clock)),
      ),
      reconcile: async (name) =>
        namespaces.lister.get(undefined, name) === undefined ? undefined : sync(api, name, () => clock.now()),
    });
    // Servers that have not heard of the deletion yet may still let something in.
    const enqueue = ({ metadata }: Namespace): void => {
      if (metadata.deletionTimestamp !== undefined)
        controller.queue.addAfter(metadata.name, flags['namespace-deletion-grace-period']);
    };
    const registration = namespaces.addHandler(
      { add: enqueue, update: (_, object) => enqueue(object) },
      { resyncMs: flags['namespace-sync-period'] },
    );
    controller.needs(namespaces);
    return {
      start: () => controller.start(),
      stop: () => {
        registration.remove();
        return controller.stop();
      },
    };
  },
};

/** Empties the namespace, as it is now at the server. Throws to be called again. */
async function sync(client: Client, name: string, now: () => number): Promise<ReconcileResult> {
  const api = client.resource(Namespace);
  let object: Namespace;
  try {
    object = await api.get({ name });
    if (object.metadata.deletionTimestamp === undefined) return {};
    if (object.status?.phase !== 'Terminating')
      object = await retryUntilWritten(client, object, (latest) =>
        api.updateStatus({ ...latest, status: { ...latest.status, phase: 'Terminating' } }),
      );
  } catch (error) {
    if (isNotFound(error)) return {};
    throw error;
  }
  const { deletionTimestamp } = object.metadata;
  if (deletionTimestamp === undefined || (object.spec?.finalizers ?? []).length === 0) return {};
  const emptied = await deleteContent(client, name, Date.parse(deletionTimestamp), now());
  const conditions = namespaceConditions(object.status?.conditions ?? [], emptied, now());
  if (conditions !== undefined) {
    try {
      object = await api.updateStatus({ ...object, status: { ...object.status, conditions } });
    } catch (error) {
      // The next attempt says it again.
      if (!isConflict(error) && !isNotFound(error)) throw error;
    }
  }
  if (emptied.errors.length === 1) throw emptied.errors[0];
  if (emptied.errors.length > 1) throw new AggregateError(emptied.errors, `namespace ${name} could not be emptied`);
  if (emptied.estimate > 0) return { requeueAfterMs: (Math.trunc(emptied.estimate / 2) + 1) * 1000 };
  await finalize(client, object);
  return {};
}

async function finalize(client: Client, object: Namespace): Promise<void> {
  try {
    await retryUntilWritten(client, object, (latest) => {
      const finalizers = (latest.spec?.finalizers ?? []).filter((name) => name !== finalizer).sort();
      const { kind, apiVersion, metadata } = latest;
      const body = { kind, apiVersion, metadata, spec: { ...latest.spec, finalizers } };
      return client.resource(Namespace).updateSubresource<Namespace>(metadata, 'finalize', body);
    });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** Writes on what is there, however often others write in between. */
async function retryUntilWritten(
  client: Client,
  object: Namespace,
  write: (latest: Namespace) => Promise<Namespace>,
): Promise<Namespace> {
  for (let latest = object; ; ) {
    try {
      return await write(latest);
    } catch (error) {
      if (!isConflict(error)) throw error;
      latest = await client.resource(Namespace).get(object.metadata);
      if (latest.metadata.uid !== object.metadata.uid)
        throw new Error('namespace uid has changed across retries', { cause: error });
    }
  }
}
