// What stands beside a write besides the resource itself: admission, service addresses, RBAC escalation, namespace defaults.

import type { Logger } from 'pino';
import type { Storage } from '../../storage/storage.ts';
import { admissionChain, selectPlugins } from '../admission/chain.ts';
import type { AdmissionChain } from '../admission/types.ts';
import type { RbacAuthorizer } from '../auth/rbac.ts';
import { checkRbacEscalation } from '../auth/rbac-escalation.ts';
import type { Authorizer } from '../auth/types.ts';
import type { WatchCache } from '../cache/watch-cache.ts';
import type { ServerOptions } from '../options.ts';
import { storagePortClaims } from '../service-allocation/node-ports.ts';
import { AllocationRepair } from '../service-allocation/repair.ts';
import { ServiceAllocator } from '../service-allocation/service-allocator.ts';
import type { ResourceDescriptor } from './descriptor.ts';
import type { ObjectWriter } from './objects.ts';
import { resources } from './registry.ts';
import type { WriteHooks } from './store.ts';

export interface WritePolicyOptions {
  options: ServerOptions;
  cache: WatchCache;
  rbac: RbacAuthorizer;
  authorizer: Authorizer;
  storage: Storage;
  log: Logger;
}

export class WritePolicies {
  readonly #options: WritePolicyOptions;
  readonly admission: AdmissionChain & { close(): void };
  #writer: ObjectWriter | undefined;
  #services: ServiceAllocator | undefined;
  #stopRepair: (() => Promise<void>) | undefined;
  #namespaceCreated: ((namespace: string) => Promise<void>) | undefined;

  constructor(options: WritePolicyOptions) {
    this.#options = options;
    const { cache, authorizer, options: flags } = options;
    const plugins = selectPlugins(
      { enable: flags.enableAdmissionPlugins, disable: flags.disableAdmissionPlugins },
      {
        objects: cache,
        writer: {
          create: (...given) => this.#writer!.create(...given),
          updateStatus: (...given) => this.#writer!.updateStatus(...given),
        },
        authorizer,
        fresh: () => cache.waitFresh(),
        configuration: (plugin) => flags.admissionConfiguration.get(plugin),
        descriptors: () => resources,
      },
    );
    this.admission = admissionChain(plugins);
  }

  start(writer: ObjectWriter): void {
    const { cache, storage, options, log } = this.#options;
    this.#writer = writer;
    const allocator = new ServiceAllocator({
      reader: cache,
      writer,
      portClaims: storagePortClaims(storage),
      ranges: options.serviceClusterIpRange.split(','),
      nodePortRange: options.serviceNodePortRange,
    });
    this.#services = allocator;
    const report = (message: string) => log.warn({ part: 'service allocation' }, message);
    const repair = new AllocationRepair({ reader: cache, writer, allocator, report });
    this.#stopRepair = repair.start((error) =>
      log.warn({ err: error }, 'repairing service allocation failed; it is tried again'),
    );
  }

  onNamespaceCreated(callback: (namespace: string) => Promise<void>): void {
    this.#namespaceCreated = callback;
  }

  hooksOf(descriptor: ResourceDescriptor): WriteHooks {
    if (descriptor.group === 'rbac.authorization.k8s.io') return this.#rbacHooks(descriptor);
    if (descriptor.group === '' && descriptor.resource === 'namespaces') {
      return {
        beforeCreate: async (object, { dryRun }) => ({
          commit: () => (dryRun ? undefined : this.#namespaceCreated?.(object.metadata.name!)),
          rollback: () => undefined,
        }),
      };
    }
    if (descriptor.group === '' && descriptor.resource === 'services') {
      return {
        beforeCreate: (object, { namespace, dryRun }) =>
          this.#services!.beforeServiceCreate(object, { namespace, dryRun }),
        beforeUpdate: (object, old, { namespace, dryRun }) =>
          this.#services!.beforeServiceUpdate(object, old, { namespace, dryRun }),
        afterDelete: (object) => this.#services!.afterServiceDelete(object),
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

  async close(): Promise<void> {
    this.admission.close();
    await this.#stopRepair?.();
  }
}
