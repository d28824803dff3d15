// Which evaluator looks at which resource (kubernetes pkg/quota/v1/install, evaluator/core/registry.go).
import { claimEvaluator } from './claim-evaluator.ts';
import { DeviceClaimEvaluator } from './device-claim-evaluator.ts';
import { type Evaluator, objectCountEvaluator, type QuotaObjects } from './evaluator.ts';
import { podEvaluator } from './pod-evaluator.ts';
import { serviceEvaluator } from './service-evaluator.ts';

/** Never counted: reviews are not stored, and events must not be refused. */
export const quotaIgnoredResources = new Set([
  'bindings',
  'componentstatuses',
  'tokenreviews.authentication.k8s.io',
  'selfsubjectreviews.authentication.k8s.io',
  'subjectaccessreviews.authorization.k8s.io',
  'selfsubjectaccessreviews.authorization.k8s.io',
  'localsubjectaccessreviews.authorization.k8s.io',
  'selfsubjectrulesreviews.authorization.k8s.io',
  'events',
  'events.events.k8s.io',
]);

/** Resources with a name of their own from before there were `count/` names. */
const legacyNames = ['configmaps', 'resourcequotas', 'replicationcontrollers', 'secrets'];

/** Gives the evaluator of a resource (`pods`, `widgets.example.com`), undefined for what quotas ignore. */
export function quotaEvaluators(objects: QuotaObjects): (groupResource: string) => Evaluator | undefined {
  const known = new Map<string, Evaluator>([
    ['pods', podEvaluator()],
    ['services', serviceEvaluator],
    ['persistentvolumeclaims', claimEvaluator],
    ['resourceclaims.resource.k8s.io', new DeviceClaimEvaluator(objects)],
    ...legacyNames.map((name): [string, Evaluator] => [name, objectCountEvaluator(name, name)]),
  ]);
  return (groupResource) => {
    if (quotaIgnoredResources.has(groupResource)) return undefined;
    let evaluator = known.get(groupResource);
    if (evaluator === undefined) {
      evaluator = objectCountEvaluator(groupResource);
      known.set(groupResource, evaluator);
    }
    return evaluator;
  };
}
