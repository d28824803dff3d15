// Nothing is created beyond the ResourceQuotas of its namespace (k8s.io/apiserver pkg/admission/plugin/resourcequota). Last but for
// AlwaysDeny: what is counted must not be refused by another plugin afterwards.
import { type PluginContext, resourceOf, type ScopedPlugin } from '../plugin.ts';
import type { LimitedResource } from '../quota/check-request.ts';
import { QuotaEvaluator } from '../quota/quota-evaluator.ts';

export function resourceQuota({ objects, writer, fresh, configuration }: PluginContext): ScopedPlugin {
  const limited = (configuration('ResourceQuota')?.['limitedResources'] ?? []) as unknown as LimitedResource[];
  const evaluator = new QuotaEvaluator({ objects, writer, fresh, limited });
  return {
    name: 'ResourceQuota',
    operations: ['CREATE', 'UPDATE'],
    validate(attributes) {
      // A namespace stands within itself only from its creation on.
      if (attributes.namespace === '' || attributes.object === undefined) return;
      if (attributes.operation === 'CREATE' && resourceOf(attributes) === 'namespaces') return;
      return evaluator.evaluate(attributes);
    },
  };
}
