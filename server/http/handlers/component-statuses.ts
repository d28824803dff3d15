// ComponentStatus: deprecated, not stored, asked for by old tools. The store reports as `etcd-0`, as upstream's does.

import { compileFieldSelector, parseFieldSelector } from '../../../apimachinery/field-selectors.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { labelSelectorOfQuery } from '../../../apimachinery/selectors.ts';
import { newNotFound } from '../../../apimachinery/status.ts';
import type { Storage } from '../../../storage/storage.ts';
import type { ResourceDescriptor } from '../../registry/descriptor.ts';
import { fieldAccessor } from '../../registry/field-labels.ts';
import { negotiate } from '../negotiate.ts';
import { documentOf, encode, tableOf, type View } from '../render.ts';
import type { CustomRoute } from '../resource-routes.ts';
import { respond } from '../respond.ts';

async function storeStatus(storage: Storage): Promise<KubeObject> {
  const condition = await storage.ping().then(
    () => ({ type: 'Healthy', status: 'True', message: 'ok' }),
    (error: unknown) => ({ type: 'Healthy', status: 'False', message: String(error) }),
  );
  return { kind: 'ComponentStatus', apiVersion: 'v1', metadata: { name: 'etcd-0' }, conditions: [condition] };
}

/** Throws 400 for selectors that do not parse. */
function isSelected({ metadata }: KubeObject, descriptor: ResourceDescriptor, query: URLSearchParams): boolean {
  const fields = compileFieldSelector<string>(parseFieldSelector(query.get('fieldSelector') ?? ''), (field) => {
    fieldAccessor(descriptor, field);
    return (name) => (field === 'metadata.name' ? name : '');
  });
  return labelSelectorOfQuery(query.get('labelSelector') ?? '').matches(undefined) && fields(metadata.name ?? '');
}

export function componentStatusRoute(descriptor: ResourceDescriptor, storage: Storage): CustomRoute {
  return {
    path: 'componentstatuses',
    async handle(request) {
      const accepted = negotiate(request.exchange.headers, { group: '', version: 'v1', kind: 'ComponentStatus' });
      const view: View = { descriptor, version: 'v1', accepted, pretty: request.pretty, includeObject: 'Metadata' };
      const status = await storeStatus(storage);
      const { name } = request.info;
      if (name !== '' && name !== status.metadata.name)
        throw newNotFound({ group: '', resource: 'componentstatuses' }, name);
      if (name !== '') return respond(request, 200, encode(documentOf(status, view), accepted, request.pretty));
      const selected = isSelected(status, descriptor, request.info.query) ? [status] : [];
      const items = selected.map(({ kind: _kind, apiVersion: _apiVersion, ...item }) => item);
      const list = { kind: 'ComponentStatusList', apiVersion: 'v1', metadata: {}, items };
      return respond(
        request,
        200,
        encode(accepted.as === 'Table' ? tableOf(selected, {}, view) : list, accepted, request.pretty),
      );
    },
  };
}
