// Pods go to the nodes that their namespace is for (kubernetes plugin/pkg/admission/podnodeselector). Configured by a map from
// namespaces to the selectors they may use, with `clusterDefaultNodeSelector` for namespaces that say nothing.
import type { KubeObject } from '../../../apimachinery/object.ts';
import { newBadRequest, newForbidden } from '../../../apimachinery/status.ts';
import type { PluginContext, ScopedPlugin } from '../plugin.ts';
import type { AdmissionAttributes } from '../types.ts';
import { withNamespace } from './namespace-of.ts';
import { podSpecOf } from './pod-spec.ts';

const annotation = 'scheduler.alpha.kubernetes.io/node-selector';

type Labels = Record<string, string>;

/** `a=b, c=d` (labels.ConvertSelectorToLabelsMap). Throws 400 for anything else. */
export function parseLabels(selector: string | undefined): Labels {
  if (!selector) return {};
  return Object.fromEntries(
    selector.split(',').map((part) => {
      const [key, value, ...rest] = part.split('=').map((text) => text.trim());
      if (key === undefined || value === undefined || rest.length > 0)
        throw newBadRequest(`invalid selector: [${part}]`);
      return [key, value];
    }),
  );
}

function conflicts(a: Labels, b: Labels): boolean {
  return Object.entries(a).some(([key, value]) => b[key] !== undefined && b[key] !== value);
}

function isSubset(labels: Labels, of: Labels): boolean {
  return Object.keys(of).length === 0 || Object.entries(labels).every(([key, value]) => of[key] === value);
}

function refuse(pod: KubeObject, message: string): never {
  throw newForbidden({ group: '', resource: 'pods' }, pod.metadata.name ?? '', message);
}

export function podNodeSelector(context: PluginContext): ScopedPlugin {
  const configured = (context.configuration('PodNodeSelector')?.['podNodeSelectorPluginConfig'] ?? {}) as Labels;

  const selectorOf = ({ metadata }: KubeObject): Labels =>
    parseLabels(metadata.annotations?.[annotation] ?? configured['clusterDefaultNodeSelector']);

  const check = ({ object, namespace }: AdmissionAttributes, own: Labels) => {
    const pod = object!;
    const selector = podSpecOf(pod).nodeSelector ?? {};
    if (conflicts(own, selector))
      refuse(pod, 'pod node label selector conflicts with its namespace node label selector');
    if (!isSubset(selector, parseLabels(configured[namespace])))
      refuse(pod, 'pod node label selector labels conflict with its namespace whitelist');
  };
  const isConcerned = ({ subresource, object }: AdmissionAttributes) => subresource === '' && object !== undefined;

  return {
    name: 'PodNodeSelector',
    operations: ['CREATE'],
    resources: ['pods'],
    admit(attributes) {
      if (!isConcerned(attributes)) return;
      return withNamespace(context, attributes.namespace, (namespace) => {
        const own = selectorOf(namespace);
        const spec = podSpecOf(attributes.object!);
        if (conflicts(own, spec.nodeSelector ?? {})) check(attributes, own);
        const merged = { ...own, ...spec.nodeSelector };
        if (Object.keys(merged).length > 0) spec.nodeSelector = merged;
        check(attributes, own);
      });
    },
    validate(attributes) {
      if (!isConcerned(attributes)) return;
      return withNamespace(context, attributes.namespace, (namespace) => check(attributes, selectorOf(namespace)));
    },
  };
}
