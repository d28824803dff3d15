// Services in quotas: their number, node ports and load balancers (kubernetes pkg/quota/v1/evaluator/core/services.go).

import { type Fields, listOf } from '../fields.ts';
import type { KubeObject } from '../object.ts';
import { type Amounts, units } from './amounts.ts';
import { type Evaluator, objectCountName } from './evaluator.ts';

const countName = objectCountName('services');
const names = new Set([countName, 'services', 'services.nodeports', 'services.loadbalancers']);

/** By intent: node ports are not allocated yet when this is asked. */
function nodePorts(spec: Fields): number {
  const ports = listOf(spec['ports']);
  if (spec['type'] === 'NodePort') return ports.length;
  if (spec['type'] !== 'LoadBalancer') return 0;
  if (spec['allocateLoadBalancerNodePorts'] !== false) return ports.length;
  return ports.filter(({ nodePort }) => nodePort).length;
}

function usage(service: KubeObject): Amounts {
  const spec = (service['spec'] ?? {}) as Fields;
  return new Map([
    [countName, units(1)],
    ['services', units(1)],
    ['services.loadbalancers', units(spec['type'] === 'LoadBalancer' ? 1 : 0)],
    ['services.nodeports', units(nodePorts(spec))],
  ]);
}

export const serviceEvaluator: Evaluator = {
  // An update may change the type.
  handles: ({ operation, subresource }) => subresource === '' && (operation === 'CREATE' || operation === 'UPDATE'),
  matchingResources: (input) => [...input].filter((name) => names.has(name)).sort(),
  usage,
};
