// ttl-after-finished-controller: deletes finished Jobs when their time is up (pkg/controller/ttlafterfinished, KEP-592).
import { Controller, type ReconcileResult } from '../../client/controller.ts';
import { isNotFound } from '../../client/errors.ts';
import { Job } from '../../client/kinds.ts';
import { keyOf, splitKey } from '../../client/resource.ts';
import { trueCondition } from '../job/conditions.ts';
import type { ControllerDescriptor } from '../manager/descriptor.ts';

/** When the job is to go, in milliseconds since the epoch; undefined where it is not. Throws where nobody knows when it finished. */
export function expiryMs({ metadata, spec, status }: Job): number | undefined {
  const ttlSeconds = spec?.ttlSecondsAfterFinished;
  if (metadata.deletionTimestamp !== undefined || ttlSeconds == null) return undefined;
  const finished = trueCondition(status, 'Complete') ?? trueCondition(status, 'Failed');
  if (finished === undefined) return undefined;
  if (!finished.lastTransitionTime)
    throw new Error(`unable to find the time when the Job ${metadata.namespace}/${metadata.name} finished`);
  return Date.parse(finished.lastTransitionTime) + ttlSeconds * 1000;
}

export const ttlAfterFinished: ControllerDescriptor = {
  name: 'ttl-after-finished-controller',
  aliases: ['ttl-after-finished'],
  build({ informers, client, flags, log, clock }) {
    const jobs = informers.of(Job);
    const api = client('ttl-after-finished-controller').resource(Job);
    /** Undefined where the job is to go now. */
    const waitOf = (job: Job): ReconcileResult | undefined => {
      const expiresMs = expiryMs(job);
      if (expiresMs === undefined) return {};
      const leftMs = expiresMs - clock.now();
      return leftMs > 0 ? { requeueAfterMs: leftMs } : undefined;
    };
    const reconcile = async (key: string): Promise<ReconcileResult> => {
      const known = jobs.lister.getByKey(key);
      if (known === undefined) return {};
      const wait = waitOf(known);
      if (wait !== undefined) return wait;
      try {
        // Its time may have been prolonged.
        const fresh = await api.get(splitKey(key));
        const longer = waitOf(fresh);
        if (longer !== undefined) return longer;
        const { uid } = fresh.metadata;
        await api.delete(fresh.metadata, { propagationPolicy: 'Foreground', preconditions: { uid } });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      return {};
    };
    const workers = flags['concurrent-ttl-after-finished-syncs'];
    return new Controller({ name: 'ttl-after-finished-controller', workers, reconcile, log, clock }).watch(
      jobs,
      ({ type, object }) => (type === 'delete' || object.spec?.ttlSecondsAfterFinished == null ? [] : [keyOf(object)]),
    );
  },
};
