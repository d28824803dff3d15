// A node changes only itself and what runs on it (kubernetes plugin/pkg/admission/noderestriction).
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { newNotFound } from '../../../apimachinery/status.ts';
import { subjectOfRequest } from '../../auth/certificate.ts';
import { type Fields, listOf } from '../../registry/fields.ts';
import { forbidden, type PluginContext, resourceOf, type ScopedPlugin } from '../plugin.ts';
import type { AdmissionAttributes } from '../types.ts';
import { forbiddenLabels } from './node-labels.ts';
import { referencedResource } from './node-references.ts';
import { checkAudience } from './node-token-audience.ts';
import { podSpecOf } from './pod-spec.ts';

const userPrefix = 'system:node:';
const mirrorAnnotation = 'kubernetes.io/config.mirror';

/** Undefined for users that are no nodes; '' for a node without a name. */
function nodeOf({ user }: AdmissionAttributes): string | undefined {
  if (!user.name.startsWith(userPrefix) || !user.groups.includes('system:nodes')) return undefined;
  return user.name.slice(userPrefix.length);
}

const quote = (text: string): string => JSON.stringify(text);

type Check = (attributes: AdmissionAttributes, node: string) => void | Promise<void>;

class NodeRestriction {
  readonly #context: PluginContext;

  constructor(context: PluginContext) {
    this.#context = context;
  }

  readonly checks: Readonly<Record<string, Check>> = {
    pods: (attributes, node) => this.#pod(attributes, node),
    nodes: (attributes, node) => this.#node(attributes, node),
    persistentvolumeclaims: (attributes, node) => this.#claim(attributes, node),
    serviceaccounts: (attributes, node) => this.#token(attributes, node),
    'leases.coordination.k8s.io': (attributes, node) => this.#lease(attributes, node),
    'csinodes.storage.k8s.io': (attributes, node) => {
      if ((attributes.object?.metadata.name ?? attributes.name) !== node)
        throw forbidden(attributes, 'can only access CSINode with the same name as the requesting node');
    },
    'resourceslices.resource.k8s.io': (attributes, node) => this.#slice(attributes, node),
    'certificatesigningrequests.certificates.k8s.io': (attributes, node) => this.#request(attributes, node),
  };

  #existingPod({ namespace }: AdmissionAttributes, name: string): KubeObject {
    const pod = this.#context.objects.resource('pods').get(namespace, name);
    if (pod === undefined) throw newNotFound({ group: '', resource: 'pods' }, name);
    return pod;
  }

  #pod(attributes: AdmissionAttributes, node: string): void {
    const { subresource, operation, name } = attributes;
    const refuse = (message: string) => forbidden(attributes, message);
    const runsHere = () => this.#existingPod(attributes, name)['spec']?.nodeName === node;
    if (subresource === 'status') this.#podStatus(attributes, node);
    else if (subresource === 'eviction') {
      if (operation !== 'CREATE') throw refuse(`unexpected operation ${operation}`);
      if (!runsHere()) throw refuse(`node ${node} can only evict pods with spec.nodeName set to itself`);
    } else if (subresource !== '') {
      throw refuse(`unexpected pod subresource ${quote(subresource)}, only 'status' and 'eviction' are allowed`);
    } else if (operation === 'CREATE') this.#mirrorPod(attributes, node);
    else if (operation === 'DELETE') {
      if (!runsHere()) throw refuse(`node ${quote(node)} can only delete pods with spec.nodeName set to itself`);
    } else {
      const only = `node ${quote(node)} can only create and delete mirror pods`;
      throw refuse(`unexpected operation ${quote(operation)}, ${only}`);
    }
  }

  #mirrorPod(attributes: AdmissionAttributes, node: string): void {
    const pod = attributes.object!;
    const name = quote(node);
    const only = (what: string) => forbidden(attributes, `node ${name} can only create pods with ${what}`);
    if (pod.metadata.annotations?.[mirrorAnnotation] === undefined)
      throw forbidden(
        attributes,
        `pod does not have ${quote(mirrorAnnotation)} annotation, node ${name} can only create mirror pods`,
      );
    if (pod['spec']?.nodeName !== node) throw only('spec.nodeName set to itself');
    const owners = listOf(pod.metadata.ownerReferences);
    if (owners.length > 1) throw only('a single owner reference set to itself');
    const [owner] = owners;
    if (owner?.['apiVersion'] !== 'v1' || owner['kind'] !== 'Node' || owner['name'] !== node)
      throw only('an owner reference set to itself');
    if (owner['controller'] !== true) throw only('a controller owner reference set to itself');
    if (owner['blockOwnerDeletion'] === true)
      throw forbidden(attributes, `node ${name} must not set blockOwnerDeletion on an owner reference`);
    const uid = this.#context.objects.resource('nodes').get('', node)?.metadata.uid;
    if (uid === undefined) throw newNotFound({ group: '', resource: 'nodes' }, node);
    if (uid !== owner['uid'])
      throw forbidden(attributes, `node ${node} UID mismatch: expected ${owner['uid']} got ${uid}`);
    const referenced = referencedResource(podSpecOf(pod));
    if (referenced !== undefined)
      throw forbidden(attributes, `node ${name} can not create pods that reference ${referenced}`);
  }

  #podStatus(attributes: AdmissionAttributes, node: string): void {
    const { operation, object, old } = attributes;
    const name = quote(node);
    if (operation !== 'UPDATE') throw forbidden(attributes, `unexpected operation ${quote(operation)}`);
    if (old!['spec']?.nodeName !== node)
      throw forbidden(attributes, `node ${name} can only update pod status for pods with spec.nodeName set to itself`);
    const differs = (read: (pod: KubeObject) => unknown) => !isDeepStrictEqual(read(object!), read(old!));
    if (differs(({ metadata }) => metadata.labels ?? {}))
      throw forbidden(attributes, `node ${name} cannot update labels through pod status`);
    if (differs(({ status }) => listOf((status as Fields | undefined)?.['resourceClaimStatuses'])))
      throw forbidden(attributes, `node ${name} cannot update resource claim statues`);
    if (differs(({ status }) => (status as Fields | undefined)?.['extendedResourceClaimStatus']))
      throw forbidden(attributes, `node ${name} cannot update extended resource claim status`);
  }

  #node(attributes: AdmissionAttributes, node: string): void {
    const { operation, object, old } = attributes;
    const name = attributes.name || object?.metadata.name || '';
    if (name !== node) throw forbidden(attributes, `node ${quote(node)} is not allowed to modify node ${quote(name)}`);
    if (operation === 'CREATE') {
      if (object!['spec']?.configSource)
        throw forbidden(attributes, `node ${quote(node)} is not allowed to create pods with a non-nil configSource`);
      const labels = forbiddenLabels(object!.metadata.labels, undefined);
      if (labels.length > 0)
        throw forbidden(
          attributes,
          `node ${quote(node)} is not allowed to set the following labels: ${labels.join(', ')}`,
        );
    }
    if (operation === 'UPDATE') this.#nodeUpdate(attributes, node, object!, old!);
  }

  #nodeUpdate(attributes: AdmissionAttributes, node: string, object: KubeObject, old: KubeObject): void {
    const refuse = (what: string) => forbidden(attributes, `node ${quote(node)} is not allowed to ${what}`);
    const { configSource, taints } = (object['spec'] ?? {}) as Fields;
    const before = (old['spec'] ?? {}) as Fields;
    if (configSource && !isDeepStrictEqual(configSource, before['configSource']))
      throw refuse('update configSource to a new non-nil configSource');
    if (!isDeepStrictEqual(listOf(taints), listOf(before['taints']))) throw refuse('modify taints');
    if (!isDeepStrictEqual(listOf(object.metadata.ownerReferences), listOf(old.metadata.ownerReferences)))
      throw refuse('modify ownerReferences');
    const labels = forbiddenLabels(object.metadata.labels, old.metadata.labels);
    if (labels.length > 0) throw forbidden(attributes, `is not allowed to modify labels: ${labels.join(', ')}`);
  }

  #claim(attributes: AdmissionAttributes, node: string): void {
    const { subresource, operation, object, old } = attributes;
    if (subresource !== 'status') throw forbidden(attributes, 'may only update PVC status');
    if (operation !== 'UPDATE') throw forbidden(attributes, `unexpected operation ${quote(operation)}`);
    const rest = ({ metadata, ...others }: KubeObject) => {
      const { resourceVersion: _r, managedFields: _m, ...meta } = metadata;
      const {
        capacity: _c,
        conditions: _o,
        allocatedResources: _a,
        allocatedResourceStatuses: _s,
        ...status
      } = (others['status'] ?? {}) as Fields;
      return { ...others, metadata: meta, status };
    };
    if (!isDeepStrictEqual(rest(object!), rest(old!)))
      throw forbidden(
        attributes,
        `node ${quote(node)} is not allowed to update fields other than status.quantity and status.conditions`,
      );
  }

  #token(attributes: AdmissionAttributes, node: string): void | Promise<void> {
    if (attributes.operation !== 'CREATE' || attributes.subresource !== 'token') return;
    const spec = attributes.object!['spec'] as Fields | undefined;
    const reference = spec?.['boundObjectRef'] as Fields | undefined;
    if (reference?.['apiVersion'] !== 'v1' || reference['kind'] !== 'Pod' || !reference['name'])
      throw forbidden(attributes, 'node requested token not bound to a pod');
    if (!reference['uid']) throw forbidden(attributes, 'node requested token with a pod binding without a uid');
    const pod = this.#existingPod(attributes, reference['name']);
    if (pod.metadata.uid !== reference['uid'])
      throw forbidden(
        attributes,
        `the UID in the bound object reference (${reference['uid']}) does not match the UID in record. The object might have been deleted and then recreated`,
      );
    if (pod['spec']?.nodeName !== node)
      throw forbidden(attributes, 'node requested token bound to a pod scheduled on a different node');
    return checkAudience(this.#context, attributes, pod, spec?.['audiences'] ?? []);
  }

  #lease(attributes: AdmissionAttributes, node: string): void {
    if (attributes.namespace !== 'kube-node-lease')
      throw forbidden(attributes, 'can only access leases in the "kube-node-lease" system namespace');
    const name = attributes.operation === 'CREATE' ? attributes.object?.metadata.name : attributes.name;
    if (name !== node)
      throw forbidden(attributes, 'can only access node lease with the same name as the requesting node');
  }

  #slice(attributes: AdmissionAttributes, node: string): void {
    const { operation, object, old } = attributes;
    const verb = operation === 'CREATE' ? 'create' : operation === 'DELETE' ? 'delete' : undefined;
    if (verb === undefined || (object ?? old)?.['spec']?.nodeName === node) return;
    throw forbidden(attributes, `can only ${verb} ResourceSlice with the same NodeName as the requesting node`);
  }

  #request(attributes: AdmissionAttributes, node: string): void {
    if (attributes.operation !== 'CREATE') return;
    const spec = (attributes.object!['spec'] ?? {}) as Fields;
    const nodeSigners = ['kubernetes.io/kubelet-serving', 'kubernetes.io/kube-apiserver-client-kubelet'];
    if (!nodeSigners.includes(spec['signerName'])) return;
    let commonName: string;
    try {
      commonName = subjectOfRequest(Buffer.from(spec['request'] ?? '', 'base64').toString()).commonName;
    } catch (error) {
      throw forbidden(attributes, `unable to parse csr: ${(error as Error).message}`);
    }
    if (commonName !== userPrefix + node)
      throw forbidden(attributes, `can only create a node CSR with CN=${userPrefix}${node}`);
  }
}

export function nodeRestriction(context: PluginContext): ScopedPlugin {
  const { checks } = new NodeRestriction(context);
  return {
    name: 'NodeRestriction',
    operations: ['CREATE', 'UPDATE', 'DELETE'],
    admit(attributes) {
      const node = nodeOf(attributes);
      if (node === undefined) return;
      if (node === '') throw forbidden(attributes, `could not determine node from user ${quote(attributes.user.name)}`);
      return checks[resourceOf(attributes)]?.(attributes, node);
    },
  };
}
