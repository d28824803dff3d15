// The Pods of a node, by index (pkg/controller AddPodNodeNameIndexer).
import type { Informer } from '../../client/informer.ts';
import type { Pod } from '../../client/kinds.ts';

const nodeIndex = 'node';

/** Adds the index; gives the function that asks it. */
export function podsByNode(pods: Informer<Pod>): (nodeName: string) => Pod[] {
  pods.addIndex(nodeIndex, ({ spec }) => (spec?.nodeName ? [spec.nodeName] : []));
  return (nodeName) => pods.lister.byIndex(nodeIndex, nodeName);
}
