// Namespaces that do not exist: made on the way, or a 404 (kubernetes plugin/pkg/admission/namespace).
import { newNotFound, StatusError } from '../../../apimachinery/status.ts';
import { forbidden, type PluginContext, resourceOf, type ScopedPlugin } from '../plugin.ts';
import type { AdmissionAttributes } from '../types.ts';

const namespaces = 'namespaces';

function isWithinNamespace(attributes: AdmissionAttributes): boolean {
  return attributes.namespace !== '' && resourceOf(attributes) !== namespaces;
}

export function namespaceExists({ objects, fresh }: PluginContext): ScopedPlugin {
  const reader = objects.resource(namespaces);
  return {
    name: 'NamespaceExists',
    operations: ['CREATE', 'UPDATE', 'DELETE'],
    validate(attributes) {
      const { namespace } = attributes;
      if (!isWithinNamespace(attributes) || reader.get('', namespace) !== undefined) return;
      return fresh().then(() => {
        if (reader.get('', namespace) === undefined) throw newNotFound({ group: '', resource: namespaces }, namespace);
      });
    },
  };
}

export function namespaceAutoProvision({ objects, writer }: PluginContext): ScopedPlugin {
  const reader = objects.resource(namespaces);
  const make = async (attributes: AdmissionAttributes): Promise<void> => {
    try {
      await writer.create(namespaces, '', {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: attributes.namespace },
      });
    } catch (error) {
      if (error instanceof StatusError && error.reason === 'AlreadyExists') return;
      throw forbidden(attributes, (error as Error).message);
    }
  };
  return {
    name: 'NamespaceAutoProvision',
    operations: ['CREATE'],
    admit(attributes) {
      if (attributes.dryRun || !isWithinNamespace(attributes)) return;
      if (reader.get('', attributes.namespace) === undefined) return make(attributes);
    },
  };
}
