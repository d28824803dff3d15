// What pods of a namespace tolerate by default, and at most (kubernetes plugin/pkg/admission/podtolerationrestriction).
import type { KubeObject } from '../../../apimachinery/object.ts';
import { newBadRequest } from '../../../apimachinery/status.ts';
import { podQOS } from '../../registry/core/pod-resources.ts';
import { forbidden, type PluginContext, type ScopedPlugin } from '../plugin.ts';
import type { AdmissionAttributes } from '../types.ts';
import { withNamespace } from './namespace-of.ts';
import { podSpecOf, type Toleration } from './pod-spec.ts';
import { areWithin, mergeTolerations } from './tolerations.ts';

const defaultsAnnotation = 'scheduler.alpha.kubernetes.io/defaultTolerations';
const whitelistAnnotation = 'scheduler.alpha.kubernetes.io/tolerationsWhitelist';

/** Undefined where the namespace does not say. Throws 400 where what it says cannot be read. */
function readAnnotation({ metadata }: KubeObject, key: string): Toleration[] | undefined {
  const text = metadata.annotations?.[key];
  if (text === undefined) return undefined;
  if (text === '') return [];
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list)) return list as Toleration[];
  } catch {
    // Said below.
  }
  throw newBadRequest(`namespace ${metadata.name}: annotation ${key} is no list of tolerations`);
}

export function podTolerationRestriction(context: PluginContext): ScopedPlugin {
  const configuration = context.configuration('PodTolerationRestriction');
  const standard = (configuration?.['default'] ?? []) as unknown as Toleration[];
  const clusterWhitelist = (configuration?.['whitelist'] ?? []) as unknown as Toleration[];

  const check = (attributes: AdmissionAttributes, namespace: KubeObject) => {
    const tolerations = podSpecOf(attributes.object!).tolerations ?? [];
    if (tolerations.length === 0) return;
    const own = readAnnotation(namespace, whitelistAnnotation);
    if (areWithin(tolerations, own ?? clusterWhitelist)) return;
    const scope = own === undefined ? 'cluster' : 'namespace';
    throw forbidden(
      attributes,
      `pod tolerations (possibly merged with namespace default tolerations) conflict with its ${scope} whitelist`,
    );
  };
  const isConcerned = ({ subresource, object }: AdmissionAttributes) => subresource === '' && object !== undefined;

  return {
    name: 'PodTolerationRestriction',
    operations: ['CREATE', 'UPDATE'],
    resources: ['pods'],
    admit(attributes) {
      if (!isConcerned(attributes)) return;
      return withNamespace(context, attributes.namespace, (namespace) => {
        const spec = podSpecOf(attributes.object!);
        const defaults =
          attributes.operation === 'CREATE' ? (readAnnotation(namespace, defaultsAnnotation) ?? standard) : [];
        const extra: Toleration[] = [...defaults];
        if (podQOS(spec as Parameters<typeof podQOS>[0]) !== 'BestEffort')
          extra.push({ key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' });
        if (extra.length > 0) spec.tolerations = mergeTolerations(spec.tolerations ?? [], extra);
        check(attributes, namespace);
      });
    },
    validate(attributes) {
      if (!isConcerned(attributes)) return;
      return withNamespace(context, attributes.namespace, (namespace) => check(attributes, namespace));
    },
  };
}
