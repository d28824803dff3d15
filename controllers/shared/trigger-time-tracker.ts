// When a Service's endpoints began to be out of date: the annotation endpoints.kubernetes.io/last-change-trigger-time, by which
// programming latency is measured (k8s.io/endpointslice util/trigger_time_tracker.go).
import type { Pod, Service } from '../../client/kinds.ts';
import { keyOf } from '../../client/resource.ts';
import { podReadyCondition } from './service-pods.ts';

export const lastChangeTriggerTime = 'endpoints.kubernetes.io/last-change-trigger-time';

export class TriggerTimeTracker {
  /** By Service: when each of its Pods last became ready or ceased to be, by name. */
  readonly #states = new Map<string, { service: string; pods: Map<string, string> }>();

  /** The time of the earliest change since the last call (RFC 3339); undefined where nothing has. To be called once before each write. */
  compute(service: Service, pods: readonly Pod[]): string | undefined {
    const key = keyOf(service);
    const state = this.#states.get(key);
    const created = service.metadata.creationTimestamp ?? '';
    const times = new Map<string, string>();
    let earliest: string | undefined;
    const changed = (time: string, before: string) => {
      if (time > before && (earliest === undefined || time < earliest)) earliest = time;
    };
    for (const pod of pods) {
      const time = podReadyCondition(pod)?.lastTransitionTime;
      if (!time) continue;
      times.set(pod.metadata.name, time);
      changed(time, state?.pods.get(pod.metadata.name) ?? '');
    }
    changed(created, state?.service ?? '');
    this.#states.set(key, { service: created, pods: times });
    return state === undefined ? created || undefined : earliest;
  }

  /** The Service is gone. */
  delete(serviceKey: string): void {
    this.#states.delete(serviceKey);
  }
}
