// Which of several classes is the default one.
import type { KubeObject } from '../../../apimachinery/object.ts';

/** Of the classes that one of the annotations marks as default, the newest; of equally old ones, the first by name. */
export function newestDefault(classes: readonly KubeObject[], annotations: readonly string[]): KubeObject | undefined {
  const createdAt = ({ metadata }: KubeObject) => metadata.creationTimestamp ?? '';
  return classes
    .filter(({ metadata }) => annotations.some((annotation) => metadata.annotations?.[annotation] === 'true'))
    .sort((a, b) => {
      if (createdAt(a) !== createdAt(b)) return createdAt(a) < createdAt(b) ? 1 : -1;
      return a.metadata.name! < b.metadata.name! ? -1 : 1;
    })[0];
}
