// Takes the tracking finalizer from Pods that no running Job counts any more, so that they can go
// (pkg/controller/job/job_controller.go syncOrphanPod).
import { parseLabelSelector } from '../../apimachinery/selectors.ts';
import { isNotFound } from '../../client/errors.ts';
import type { Job, Pod } from '../../client/kinds.ts';
import type { ResourceClient } from '../../client/resource-client.ts';
import type { Lister } from '../../client/store.ts';
import { aggregate, failuresOf } from '../shared/aggregate.ts';
import { controllerOf } from '../shared/controller-ref.ts';
import { resolveController } from '../shared/pod-handlers.ts';
import { isJobFinished } from './conditions.ts';
import { hasTrackingFinalizer, isManagedElsewhere, removeTrackingFinalizer } from './pods.ts';

export interface OrphanOptions {
  jobs: Lister<Job>;
  pods: Lister<Pod>;
  client: ResourceClient<Pod>;
}

/** A key for one Pod. */
export function podKey({ metadata: { namespace, name } }: Pod): string {
  return `pod/${namespace}/${name}`;
}

/** A key for all Pods of a namespace that a selector matches. */
export function selectorKey(namespace: string, selector: string): string {
  return `selector/${namespace}/${selector}`;
}

/** Looks at the Pods of a key. Throws to be called again. */
export async function releaseOrphans(key: string, options: OrphanOptions): Promise<void> {
  const [kind, namespace = '', ...rest] = key.split('/');
  const value = rest.join('/');
  if (kind === 'pod') {
    const pod = options.pods.get(namespace, value);
    if (pod !== undefined) await release(pod, options);
    return;
  }
  const pods = options.pods.list({ namespace, selector: parseLabelSelector(value) });
  const failures = await failuresOf(pods, (pod) => release(pod, options));
  if (failures.length > 0) throw aggregate(failures);
}

async function release(pod: Pod, { jobs, client }: OrphanOptions): Promise<void> {
  const reference = controllerOf(pod);
  if (reference !== undefined) {
    if (reference.kind !== 'Job' || reference.apiVersion !== 'batch/v1') return;
    const job = resolveController(pod.metadata.namespace, reference, { kind: 'Job', lister: jobs });
    if (job !== undefined && (isManagedElsewhere(job) || !isJobFinished(job))) return;
  }
  if (!hasTrackingFinalizer(pod)) return;
  try {
    await client.patch(pod.metadata, 'strategic', removeTrackingFinalizer);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
