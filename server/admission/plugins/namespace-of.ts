// The namespace that a write goes to, for plugins that read its annotations.
import type { KubeObject } from '../../../apimachinery/object.ts';
import { newNotFound } from '../../../apimachinery/status.ts';
import type { PluginContext } from '../plugin.ts';

/** Calls back with the namespace, without a promise where it is known already. Throws 404 where there is none. */
export function withNamespace(
  { objects, fresh }: PluginContext,
  name: string,
  callback: (namespace: KubeObject) => void,
): void | Promise<void> {
  const namespaces = objects.resource('namespaces');
  const found = namespaces.get('', name);
  if (found !== undefined) return callback(found);
  return fresh().then(() => {
    const later = namespaces.get('', name);
    if (later === undefined) throw newNotFound({ group: '', resource: 'namespaces' }, name);
    callback(later);
  });
}
