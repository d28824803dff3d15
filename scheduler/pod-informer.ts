// The pods that the scheduler follows (pkg/scheduler/scheduler.go newPodInformer).
import type { Informer } from '../client/informer.ts';
import type { Informers } from '../client/informers.ts';
import { Pod } from '../client/kinds.ts';

/** Pods that have run to their end hold nothing any more. */
const livePods = { fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed' };

export function podInformer(informers: Informers): Informer<Pod> {
  return informers.of(Pod, livePods);
}
