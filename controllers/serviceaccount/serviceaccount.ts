// serviceaccount-controller: every active namespace has the ServiceAccount `default`
// (pkg/controller/serviceaccount/serviceaccounts_controller.go).
import { Controller } from '../../client/controller.ts';
import { isAlreadyExists, isNamespaceTerminating } from '../../client/errors.ts';
import { Namespace, ServiceAccount } from '../../client/kinds.ts';
import type { ControllerDescriptor } from '../manager/descriptor.ts';

const accountName = 'default';

export const serviceAccount: ControllerDescriptor = {
  name: 'serviceaccount-controller',
  aliases: ['serviceaccount'],
  build({ informers, client, log, clock }) {
    const accounts = informers.of(ServiceAccount);
    const namespaces = informers.of(Namespace);
    const api = client('service-account-controller').resource(ServiceAccount);
    const reconcile = async (namespace: string): Promise<void> => {
      if (namespaces.lister.get(undefined, namespace)?.status?.phase !== 'Active') return;
      if (accounts.lister.get(namespace, accountName) !== undefined) return;
      try {
        await api.create({ metadata: { namespace, name: accountName } });
      } catch (error) {
        if (!isAlreadyExists(error) && !isNamespaceTerminating(error)) throw error;
      }
    };
    return new Controller({ name: 'serviceaccount-controller', reconcile, log, clock })
      .watch(accounts, ({ type, object }) => (type === 'delete' ? [object.metadata.namespace] : []))
      .watch(namespaces, ({ type, object }) => (type === 'delete' ? [] : [object.metadata.name]));
  },
};
