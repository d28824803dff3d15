// An Ingress that names no class gets the default one (kubernetes plugin/pkg/admission/network/defaultingressclass).
import type { PluginContext, ScopedPlugin } from '../plugin.ts';
import { newestDefault } from './default-class.ts';

const annotation = 'ingressclass.kubernetes.io/is-default-class';
const legacyClassAnnotation = 'kubernetes.io/ingress.class';

export function defaultIngressClass({ objects }: PluginContext): ScopedPlugin {
  const classes = objects.resource('ingressclasses.networking.k8s.io');
  return {
    name: 'DefaultIngressClass',
    operations: ['CREATE'],
    resources: ['ingresses.networking.k8s.io'],
    admit({ object: ingress, subresource }) {
      if (ingress === undefined || subresource !== '') return;
      const asked =
        typeof ingress['spec']?.ingressClassName === 'string' ||
        ingress.metadata.annotations?.[legacyClassAnnotation] !== undefined;
      const byDefault = asked ? undefined : newestDefault(classes.list(), [annotation]);
      if (byDefault !== undefined) ingress['spec'] = { ...ingress['spec'], ingressClassName: byDefault.metadata.name };
    },
  };
}
