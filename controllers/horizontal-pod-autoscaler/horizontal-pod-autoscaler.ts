// horizontal-pod-autoscaler-controller: sets the size of what HorizontalPodAutoscalers target as their metrics ask for
// (pkg/controller/podautoscaler/horizontal.go). Each is looked at every 15 s, whatever comes of it.
import { Controller, type ReconcileResult } from '../../client/controller.ts';
import { RestMapper } from '../../client/discovery.ts';
import { HorizontalPodAutoscaler, Pod } from '../../client/kinds.ts';
import { keyOf } from '../../client/resource.ts';
import type { ControllerDescriptor } from '../manager/descriptor.ts';
import { Autoscaler } from './autoscaler.ts';
import { MetricsClient } from './metrics-client.ts';

export const horizontalPodAutoscaler: ControllerDescriptor = {
  name: 'horizontal-pod-autoscaler-controller',
  aliases: ['horizontalpodautoscaling'],
  build({ informers, client: clientOf, recorder, flags, log, clock }) {
    const client = clientOf('horizontal-pod-autoscaler');
    const autoscalers = informers.of(HorizontalPodAutoscaler);
    const pods = informers.of(Pod);
    const mapper = new RestMapper(client, () => clock.now());
    const periodMs = flags['horizontal-pod-autoscaler-sync-period'];
    const autoscaler = new Autoscaler({
      client,
      metrics: new MetricsClient(client, mapper),
      mapper,
      recorder: recorder('horizontal-pod-autoscaler'),
      pods: pods.lister,
      times: {
        cpuInitializationPeriodMs: flags['horizontal-pod-autoscaler-cpu-initialization-period'],
        initialReadinessDelayMs: flags['horizontal-pod-autoscaler-initial-readiness-delay'],
      },
      tolerance: flags['horizontal-pod-autoscaler-tolerance'],
      downscaleStabilizationMs: flags['horizontal-pod-autoscaler-downscale-stabilization'],
      clock,
    });
    const reconcile = async (key: string): Promise<ReconcileResult> => {
      const found = autoscalers.lister.getByKey(key);
      if (found === undefined) {
        autoscaler.forget(key);
        return {};
      }
      try {
        await autoscaler.reconcile(found);
      } catch (error) {
        log.debug({ key, err: error }, 'an autoscaler could not be followed; it is looked at again');
      }
      return { requeueAfterMs: periodMs };
    };
    const workers = flags['concurrent-horizontal-pod-autoscaler-syncs'];
    const controller = new Controller({ name: 'horizontal-pod-autoscaler-controller', workers, reconcile, log, clock })
      .needs(autoscalers)
      .needs(pods);
    const enqueue = (object: HorizontalPodAutoscaler) => controller.queue.addAfter(keyOf(object), periodMs);
    const registration = autoscalers.addHandler({
      add: enqueue,
      update: (_, object) => enqueue(object),
      delete: (object) => autoscaler.forget(keyOf(object)),
    });
    return {
      start: () => controller.start(),
      stop: () => {
        registration.remove();
        return controller.stop();
      },
    };
  },
};
