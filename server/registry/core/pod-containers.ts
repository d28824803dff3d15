import { type Fields, listOf } from '../fields.ts';

/** The lists of containers in a pod's spec, in upstream's order. */
export const containerLists = ['initContainers', 'containers', 'ephemeralContainers'] as const;

/** Every container of a pod with its path, in upstream's order. */
export function eachContainer(spec: Fields, path: string, visit: (container: Fields, path: string) => void): void {
  for (const list of containerLists) {
    listOf(spec[list]).forEach((container, i) => {
      visit(container, `${path}.${list}[${i}]`);
    });
  }
}
