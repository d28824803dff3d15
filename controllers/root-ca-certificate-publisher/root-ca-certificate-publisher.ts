// root-ca-certificate-publisher-controller: every active namespace has the ConfigMap `kube-root-ca.crt`, by which its Pods trust the
// API server (pkg/controller/certificates/rootcacertpublisher/publisher.go).
import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { Controller } from '../../client/controller.ts';
import { isNamespaceTerminating, isNotFound } from '../../client/errors.ts';
import { ConfigMap, Namespace } from '../../client/kinds.ts';
import type { ControllerDescriptor } from '../manager/descriptor.ts';

const mapName = 'kube-root-ca.crt';
const descriptionAnnotation = 'kubernetes.io/description';
const description =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal ' +
  'service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

export const rootCACertificatePublisher: ControllerDescriptor = {
  name: 'root-ca-certificate-publisher-controller',
  aliases: ['root-ca-cert-publisher'],
  async build({ informers, client, flags, rootCertificateAuthority, log, clock }) {
    const maps = informers.of(ConfigMap);
    const namespaces = informers.of(Namespace);
    const file = flags['root-ca-file'];
    const data = { 'ca.crt': file === '' ? rootCertificateAuthority : await readFile(file, 'utf8') };
    const api = client('root-ca-cert-publisher').resource(ConfigMap);
    const create = async (namespace: string): Promise<void> => {
      const annotations = { [descriptionAnnotation]: description };
      try {
        await api.create({ metadata: { namespace, name: mapName, annotations }, data });
      } catch (error) {
        if (!isNotFound(error) && !isNamespaceTerminating(error)) throw error;
      }
    };
    const reconcile = async (namespace: string): Promise<void> => {
      const map = maps.lister.get(namespace, mapName);
      if (map === undefined) return create(namespace);
      const { metadata } = map;
      if (isDeepStrictEqual(map.data, data) && metadata.annotations?.[descriptionAnnotation]) return;
      const annotations = { ...metadata.annotations, [descriptionAnnotation]: description };
      await api.update({ ...map, metadata: { ...metadata, annotations }, data });
    };
    return new Controller({ name: 'root-ca-certificate-publisher-controller', reconcile, log, clock })
      .watch(maps, ({ type, object: { metadata } }) =>
        type !== 'add' && metadata.name === mapName ? [metadata.namespace] : [],
      )
      .watch(namespaces, ({ type, object }) => {
        if (type === 'delete' || (type === 'update' && object.status?.phase !== 'Active')) return [];
        return [object.metadata.name];
      });
  },
};
