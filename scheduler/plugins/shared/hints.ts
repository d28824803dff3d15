// Queueing hints that several plugins share: whether what happened may make a pod schedulable.
import type { Pod } from '../../../client/kinds.ts';
import type { QueueingHint } from '../../framework/events.ts';

/** The pod itself has changed. */
export function ownChange(pod: Pod, _old: unknown, fresh: unknown): QueueingHint {
  return (fresh as Pod | undefined)?.metadata.uid === pod.metadata.uid ? 'Queue' : 'QueueSkip';
}

/** A pod that has a node, or one being made free for it: others notice when it comes and goes. */
export function takesRoom({ spec, status }: Pod): boolean {
  return Boolean(spec?.nodeName) || Boolean(status?.nominatedNodeName);
}

export function when(worthIt: boolean): QueueingHint {
  return worthIt ? 'Queue' : 'QueueSkip';
}
