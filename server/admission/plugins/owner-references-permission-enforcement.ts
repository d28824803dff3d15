// Who sets owners may delete what gets them, and may hold up an owner's deletion only where they may change its finalizers
// (kubernetes plugin/pkg/admission/gc).
import { isDeepStrictEqual } from 'node:util';
import { apiVersionOf, type ObjectMeta } from '../../../apimachinery/object.ts';
import type { AuthorizationAttributes } from '../../auth/types.ts';
import { forbidden, type PluginContext, resourceOf, type ScopedPlugin } from '../plugin.ts';
import type { AdmissionAttributes } from '../types.ts';

type OwnerReference = NonNullable<ObjectMeta['ownerReferences']>[number];

function newlyBlocking({ object, old }: AdmissionAttributes): OwnerReference[] {
  const before = new Map((old?.metadata.ownerReferences ?? []).map((reference) => [reference.uid, reference]));
  return (object?.metadata.ownerReferences ?? []).filter(
    ({ uid, blockOwnerDeletion }) => blockOwnerDeletion === true && before.get(uid)?.blockOwnerDeletion !== true,
  );
}

class Enforcement {
  readonly #context: PluginContext;

  constructor(context: PluginContext) {
    this.#context = context;
  }

  async #ask(attributes: AdmissionAttributes, more: Partial<AuthorizationAttributes>) {
    const question = { namespace: '', version: '', subresource: '', path: '', isResourceRequest: true };
    return await this.#context.authorizer.authorize({
      ...question,
      group: '',
      resource: '',
      name: '',
      verb: 'update',
      user: attributes.user,
      ...more,
    });
  }

  async check(attributes: AdmissionAttributes): Promise<void> {
    const { operation, namespace, subresource, name, descriptor } = attributes;
    if (operation !== 'CREATE') {
      const { group, version, resource } = descriptor;
      const question = { verb: 'delete', namespace, group, version, resource, subresource, name };
      const { decision, reason } = await this.#ask(attributes, question);
      if (decision !== 'Allow')
        throw forbidden(attributes, `cannot set an ownerRef on a resource you can't delete: ${reason}, <nil>`);
    }
    const blocking = newlyBlocking(attributes);
    if (blocking.length === 0) return;
    const anything = { group: '*', version: '*', resource: '*', subresource: 'finalizers', name: '*' };
    if ((await this.#ask(attributes, anything)).decision === 'Allow') return;
    for (const reference of blocking) await this.#checkOwner(attributes, reference);
  }

  async #checkOwner(attributes: AdmissionAttributes, { apiVersion, kind, name }: OwnerReference): Promise<void> {
    const owner = this.#context
      .descriptors()
      .find((candidate) => candidate.kind === kind && apiVersionOf(candidate.group, candidate.version) === apiVersion);
    if (owner === undefined) {
      const missing = `no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`;
      throw forbidden(
        attributes,
        `cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion ${apiVersion} Kind ${kind}: ${missing}`,
      );
    }
    const { group, version, resource, namespaced } = owner;
    const namespace = namespaced ? attributes.namespace : '';
    const question = { namespace, group, version, resource, subresource: 'finalizers', name };
    const { decision, reason } = await this.#ask(attributes, question);
    if (decision !== 'Allow')
      throw forbidden(
        attributes,
        `cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: ${reason}, <nil>`,
      );
  }
}

export function ownerReferencesPermissionEnforcement(context: PluginContext): ScopedPlugin {
  const enforcement = new Enforcement(context);
  return {
    name: 'OwnerReferencesPermissionEnforcement',
    operations: ['CREATE', 'UPDATE'],
    validate(attributes) {
      if (resourceOf(attributes) === 'pods' && attributes.subresource === 'status') return;
      const now = attributes.object?.metadata?.ownerReferences ?? [];
      const before = attributes.old?.metadata.ownerReferences ?? [];
      if (isDeepStrictEqual(now, before)) return;
      return enforcement.check(attributes);
    },
  };
}
