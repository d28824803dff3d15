// What stands beside a write besides the resource itself: admission, service addresses, RBAC escalation, namespace defaults.

import type { AdmissionChain } from '../admission/types.ts';
import type { RbacAuthorizer } from '../auth/rbac.ts';
import { checkRbacEscalation } from '../auth/rbac-escalation.ts';
import type { Authorizer } from '../auth/types.ts';
import type { WatchCache } from '../cache/watch-cache.ts';
import type { ServerOptions } from '../options.ts';
import type { ResourceDescriptor } from './descriptor.ts';
import type { ObjectWriter } from './objects.ts';
import type { WriteHooks } from './store.ts';

export interface WritePolicyOptions {
  options: ServerOptions;
  cache: WatchCache;
  rbac: RbacAuthorizer;
  authorizer: Authorizer;
}

const admitEverything: AdmissionChain = { admit: () => undefined, validate: () => undefined };

export class WritePolicies {
  readonly #options: WritePolicyOptions;
  readonly admission: AdmissionChain = admitEverything;
  #namespaceCreated: ((namespace: string) => Promise<void>) | undefined;

  constructor(options: WritePolicyOptions) {
    this.#options = options;
  }

  start(_writer: ObjectWriter): void {}

  onNamespaceCreated(callback: (namespace: string) => Promise<void>): void {
    this.#namespaceCreated = callback;
  }

  hooksOf(descriptor: ResourceDescriptor): WriteHooks {
    if (descriptor.group === 'rbac.authorization.k8s.io') return this.#rbacHooks(descriptor);
    if (descriptor.group === '' && descriptor.resource === 'namespaces') {
      return {
        beforeCreate: async (object) => ({
          commit: () => this.#namespaceCreated?.(object.metadata.name!),
          rollback: () => undefined,
        }),
      };
    }
    return {};
  }

  #rbacHooks(descriptor: ResourceDescriptor): WriteHooks {
    const { rbac, authorizer } = this.#options;
    return {
      authorizeWrite: (object, old, { user, namespace }) =>
        checkRbacEscalation(rbac, authorizer, {
          user,
          namespace,
          resource: descriptor.resource,
          object,
          ...(old ? { old } : {}),
        }),
    };
  }

  async close(): Promise<void> {}
}
