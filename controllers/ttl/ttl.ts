// ttl-controller: tells kubelets by an annotation how long they may keep secrets and config maps, longer the more nodes there are
// (pkg/controller/ttl/ttl_controller.go).
import { Controller } from '../../client/controller.ts';
import { isNotFound } from '../../client/errors.ts';
import { Node } from '../../client/kinds.ts';
import type { ControllerDescriptor } from '../manager/descriptor.ts';

const workers = 5;
const annotation = 'node.alpha.kubernetes.io/ttl';

/** The steps overlap, so that a cluster between two does not go to and fro. */
const steps = [
  { from: 0, to: 100, seconds: 0 },
  { from: 90, to: 500, seconds: 15 },
  { from: 450, to: 1000, seconds: 30 },
  { from: 900, to: 2000, seconds: 60 },
  { from: 1800, to: Number.POSITIVE_INFINITY, seconds: 300 },
] as const;

/** Which step a cluster of so many nodes is on that was on `step`. */
export function stepOf(nodes: number, step: number): number {
  let now = step;
  while (nodes > steps[now]!.to) now += 1;
  while (nodes < steps[now]!.from) now -= 1;
  return now;
}

/** Seconds of a step. */
export function ttlSeconds(step: number): number {
  return steps[step]!.seconds;
}

export const ttl: ControllerDescriptor = {
  name: 'ttl-controller',
  aliases: ['ttl'],
  build({ informers, client, log, clock }) {
    const nodes = informers.of(Node);
    const api = client('ttl-controller').resource(Node);
    let step = 0;
    const reconcile = async (name: string): Promise<void> => {
      const node = nodes.lister.get(undefined, name);
      const wanted = String(ttlSeconds(step));
      if (node === undefined || node.metadata.annotations?.[annotation] === wanted) return;
      try {
        await api.patch({ name }, 'strategic', { metadata: { annotations: { [annotation]: wanted } } });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    };
    return new Controller({ name: 'ttl-controller', workers, reconcile, log, clock }).watch(
      nodes,
      ({ type, object }) => {
        step = stepOf(nodes.lister.size, step);
        return type === 'delete' ? [] : [object.metadata.name];
      },
    );
  },
};
