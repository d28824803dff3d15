// Nodes that have a pod's images already are better, the more the larger they are and the more nodes have them
// (pkg/scheduler/framework/plugins/imagelocality).
import type { Pod } from '../../client/kinds.ts';
import type { Handle } from '../framework/handle.ts';
import { maxNodeScore, type Plugin } from '../framework/plugin.ts';

const name = 'ImageLocality';
const mebibyte = 1024 * 1024;
const minThreshold = 23 * mebibyte;
const maxContainerThreshold = 1000 * mebibyte;

/** An image without a tag is its latest. */
function normalized(image: string): string {
  return image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}:latest` : image;
}

function imagesOf({ spec }: Pod): string[] {
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  const volumes = (spec?.volumes ?? []).map(({ image }) => image?.reference);
  return [...containers.map(({ image }) => image), ...volumes].filter((image) => image !== undefined).map(normalized);
}

export function imageLocality(handle: Pick<Handle, 'nodes'>): Plugin {
  return {
    name,
    preScore(state, { pod }) {
      state.write(name, imagesOf(pod));
      return undefined;
    },
    score(state, { pod }, { images }) {
      let sum = 0;
      if (images.size > 0) {
        const nodes = handle.nodes.list().length;
        for (const image of state.read<string[]>(name)!) {
          const known = images.get(image);
          if (known !== undefined) sum += Math.trunc(known.sizeBytes * (known.nodes.size / nodes));
        }
      }
      const containers = (pod.spec?.initContainers?.length ?? 0) + (pod.spec?.containers.length ?? 0);
      const max = maxContainerThreshold * containers;
      const bounded = Math.max(minThreshold, Math.min(sum, max));
      return Math.trunc((maxNodeScore * (bounded - minThreshold)) / (max - minThreshold));
    },
  };
}
