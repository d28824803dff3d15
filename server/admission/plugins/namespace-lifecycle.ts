// Nothing is created in namespaces that do not exist or are going away, and some namespaces stay
// (k8s.io/apiserver pkg/admission/plugin/namespace/lifecycle).
import type { KubeObject } from '../../../apimachinery/object.ts';
import { newForbidden, newNotFound } from '../../../apimachinery/status.ts';
import { forbidden, type PluginContext, resourceOf, type ScopedPlugin } from '../plugin.ts';
import type { AdmissionAttributes } from '../types.ts';

const immortal = ['default', 'kube-system', 'kube-public'];
/** Answering these by the namespace would tell who may not know whether it exists. */
const accessReview = 'localsubjectaccessreviews.authorization.k8s.io';

function refuseTerminating(attributes: AdmissionAttributes, namespace: KubeObject): void {
  if (attributes.operation !== 'CREATE' || namespace['status']?.phase !== 'Terminating') return;
  const { namespace: name } = attributes;
  const error = forbidden(
    attributes,
    `unable to create new content in namespace ${name} because it is being terminated`,
  );
  const message = `namespace ${name} is being terminated`;
  error.status.details = {
    ...error.status.details,
    causes: [{ reason: 'NamespaceTerminating', message, field: 'metadata.namespace' }],
  };
  throw error;
}

export function namespaceLifecycle({ objects, fresh }: PluginContext): ScopedPlugin {
  const namespaces = objects.resource('namespaces');

  const check = (attributes: AdmissionAttributes): boolean => {
    const namespace = namespaces.get('', attributes.namespace);
    if (namespace === undefined) return false;
    refuseTerminating(attributes, namespace);
    return true;
  };

  return {
    name: 'NamespaceLifecycle',
    operations: ['CREATE', 'UPDATE', 'DELETE'],
    admit(attributes) {
      const resource = resourceOf(attributes);
      if (resource === 'namespaces') {
        if (attributes.operation === 'DELETE' && attributes.subresource === '' && immortal.includes(attributes.name))
          throw newForbidden({ group: '', resource }, attributes.name, 'this namespace may not be deleted');
        return;
      }
      if (attributes.namespace === '' || attributes.operation === 'DELETE' || resource === accessReview) return;
      if (check(attributes)) return;
      return fresh().then(() => {
        if (!check(attributes)) throw newNotFound({ group: '', resource: 'namespaces' }, attributes.namespace);
      });
    },
  };
}
