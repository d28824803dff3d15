// Labels of nodes that nobody should select by any more (pkg/api/node/util.go).
import { isLabelValue } from '../../../apimachinery/names.ts';
import { type Fields, listOf } from '../fields.ts';

const deprecatedNodeLabels: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  'app.kubernetes.io/created-by': 'deprecated since v1.9',
  'scheduler.alpha.kubernetes.io/preferAvoidPods': 'deprecated since v1.22; use Taints and Tolerations instead',
  'node-role.kubernetes.io/master': 'use "node-role.kubernetes.io/control-plane" instead',
};

/** Why not to select nodes by this label, if there is a reason. */
export function deprecatedNodeLabel(key: string): string | undefined {
  return deprecatedNodeLabels[key];
}

/** Warnings for one nodeSelectorTerm at `path`; `checkValues` also warns of values that no label can have. */
export function nodeSelectorTermWarnings(term: Fields, path: string, checkValues = false): string[] {
  return listOf(term['matchExpressions']).flatMap((expression, i) => {
    const message = deprecatedNodeLabel(expression['key']);
    const found =
      message === undefined ? [] : [`${path}.matchExpressions[${i}].key: ${expression['key']} is ${message}`];
    if (!checkValues) return found;
    const values = (expression['values'] ?? []) as string[];
    return [
      ...found,
      ...values.flatMap((value, j) =>
        isLabelValue(value).map((m) => `${path}.matchExpressions[${i}].values[${j}]: ${value} is invalid, ${m}`),
      ),
    ];
  });
}
