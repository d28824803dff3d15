// Pods stay five minutes on a node that is not ready or not reachable, unless they say otherwise
// (kubernetes plugin/pkg/admission/defaulttolerationseconds).
import type { ScopedPlugin } from '../plugin.ts';
import { type PodSpec, podSpecOf } from './pod-spec.ts';

const taints = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];
const defaultTolerationSecondsValue = 300;

function addTolerations(spec: PodSpec): void {
  for (const key of taints) {
    const tolerated = spec.tolerations?.some(
      (toleration) =>
        (!toleration.key || toleration.key === key) && (!toleration.effect || toleration.effect === 'NoExecute'),
    );
    if (tolerated) continue;
    const toleration = {
      key,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: defaultTolerationSecondsValue,
    };
    if (spec.tolerations === undefined) spec.tolerations = [toleration];
    else spec.tolerations.push(toleration);
  }
}

export function defaultTolerationSeconds(): ScopedPlugin {
  return {
    name: 'DefaultTolerationSeconds',
    operations: ['CREATE', 'UPDATE'],
    resources: ['pods'],
    admit({ object, subresource }) {
      if (subresource === '' && object !== undefined) addTolerations(podSpecOf(object));
    },
  };
}
