// Binds a pod to its node: one conditional create, which the API server lets happen once
// (pkg/scheduler/framework/plugins/defaultbinder).
import { Pod } from '../../client/kinds.ts';
import type { Handle } from '../framework/handle.ts';
import type { Plugin } from '../framework/plugin.ts';
import { failure } from '../framework/status.ts';

const name = 'DefaultBinder';

export function defaultBinder({ client }: Pick<Handle, 'client'>): Plugin {
  const pods = client.resource(Pod);
  return {
    name,
    async bind(_state, { pod }, nodeName, signal) {
      const { namespace, name: podName, uid } = pod.metadata;
      const binding = {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { namespace, name: podName, uid },
        target: { kind: 'Node', name: nodeName },
      };
      try {
        await pods.createSubresource({ namespace, name: podName }, 'binding', binding, { signal });
        return undefined;
      } catch (error) {
        return failure(name, error);
      }
    },
  };
}
