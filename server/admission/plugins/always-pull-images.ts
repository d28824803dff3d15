// Images are pulled for each pod, so that only who may pull one can use it (kubernetes plugin/pkg/admission/alwayspullimages).
import type { KubeObject } from '../../../apimachinery/object.ts';
import { StatusError } from '../../../apimachinery/status.ts';
import { aggregate } from '../../auth/go-format.ts';
import { type Fields, listOf } from '../../registry/fields.ts';
import { forbidden, type ScopedPlugin } from '../plugin.ts';
import type { AdmissionAttributes } from '../types.ts';

const containerLists = ['initContainers', 'containers', 'ephemeralContainers'];

function* containers(pod: KubeObject | undefined): Generator<[path: string, container: Fields]> {
  for (const list of containerLists)
    for (const [index, container] of listOf(pod?.['spec']?.[list]).entries())
      yield [`spec.${list}[${index}]`, container];
}

function* imageVolumes(pod: KubeObject): Generator<[path: string, image: Fields]> {
  for (const [index, { image }] of listOf(pod['spec']?.volumes).entries())
    if (image) yield [`spec.volumes[${index}].image`, image];
}

/** Updates that bring no image that was not there are left alone. */
function isConcerned({ subresource, operation, object, old }: AdmissionAttributes): boolean {
  if (subresource !== '' || object === undefined) return false;
  if (operation !== 'UPDATE') return true;
  const images = new Set([...containers(old)].map(([, { image }]) => image));
  return [...containers(object)].some(([, { image }]) => !images.has(image));
}

function refusal(attributes: AdmissionAttributes, path: string, policy: unknown): string {
  const cause = `${path}: Unsupported value: ${JSON.stringify(policy ?? '')}: supported values: "Always"`;
  return forbidden(attributes, cause).message;
}

export function alwaysPullImages(): ScopedPlugin {
  return {
    name: 'AlwaysPullImages',
    operations: ['CREATE', 'UPDATE'],
    resources: ['pods'],
    admit(attributes) {
      if (!isConcerned(attributes)) return;
      const pod = attributes.object!;
      for (const [, container] of containers(pod)) container['imagePullPolicy'] = 'Always';
      for (const [, image] of imageVolumes(pod)) image['pullPolicy'] = 'Always';
    },
    validate(attributes) {
      if (!isConcerned(attributes)) return;
      const pod = attributes.object!;
      const refusals = [
        ...[...containers(pod)].map(([path, { imagePullPolicy }]) => [`${path}.imagePullPolicy`, imagePullPolicy]),
        ...[...imageVolumes(pod)].map(([path, { pullPolicy }]) => [`${path}.pullPolicy`, pullPolicy]),
      ]
        .filter(([, policy]) => policy !== 'Always')
        .map(([path, policy]) => refusal(attributes, path, policy));
      if (refusals.length === 0) return;
      throw new StatusError('Forbidden', aggregate(refusals), forbidden(attributes, '').status.details);
    },
  };
}
