// What stands beside a write besides the resource itself: admission, service addresses, RBAC escalation, namespace defaults.

import type { Logger } from 'pino';
import { newInvalid } from '../../apimachinery/field.ts';
import type { Storage } from '../../storage/storage.ts';
import { admissionChain, selectPlugins } from '../admission/chain.ts';
import type { AdmissionChain } from '../admission/types.ts';
import { forbiddenError } from '../auth/forbidden.ts';
import type { RbacAuthorizer } from '../auth/rbac.ts';
import { checkRbacEscalation } from '../auth/rbac-escalation.ts';
import { adminAccessErrors, claimStatusErrors } from '../auth/resource-claim-access.ts';
import type { Authorizer } from '../auth/types.ts';
import type { WatchCache } from '../cache/watch-cache.ts';
import type { ServerOptions } from '../options.ts';
import { storagePortClaims } from '../service-allocation/node-ports.ts';
import { AllocationRepair } from '../service-allocation/repair.ts';
import { ServiceAllocator } from '../service-allocation/service-allocator.ts';
import type { ResourceDescriptor } from './descriptor.ts';
import { FlowSchemaConditions } from './flowcontrol/dangling.ts';
import type { ObjectWriter } from './objects.ts';
import { resources } from './registry.ts';
import type { Store } from './store.ts';
import type { WriteHooks, WriteRequest } from './write-request.ts';

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
  #descriptors: readonly ResourceDescriptor[] = resources;
  #writer: ObjectWriter | undefined;
  #services: ServiceAllocator | undefined;
  #flowSchemas: FlowSchemaConditions | undefined;
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
        descriptors: () => this.#descriptors,
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

  /** The custom resources that are served now: admission knows them besides the built-in ones. */
  publish(descriptors: readonly ResourceDescriptor[]): void {
    this.#descriptors = [...resources, ...descriptors];
  }

  /** From now on FlowSchemas get their condition; `store` is theirs. Called once the default ones are there. */
  startFlowSchemaConditions(store: Store): void {
    const { cache, log } = this.#options;
    const onError = (error: unknown) => log.warn({ err: error }, 'the condition of a FlowSchema could not be written');
    this.#flowSchemas = new FlowSchemaConditions({ objects: cache, store, onError });
  }

  onNamespaceCreated(callback: (namespace: string) => Promise<void>): void {
    this.#namespaceCreated = callback;
  }

  hooksOf(descriptor: ResourceDescriptor): WriteHooks {
    return { authorizeCreate: (request) => this.#authorizeCreate(descriptor, request), ...this.#ownHooks(descriptor) };
  }

  /** As upstream's withAuthorization in endpoints/handlers/update.go. */
  async #authorizeCreate(
    { group, version, resource }: ResourceDescriptor,
    { user, namespace, name }: WriteRequest,
  ): Promise<void> {
    const attributes = {
      ...{ user, namespace, group, version, resource, name },
      ...{ verb: 'create', subresource: '', isResourceRequest: true, path: '' },
    };
    const { decision, reason } = await this.#options.authorizer.authorize(attributes);
    if (decision !== 'Allow') throw forbiddenError(attributes, reason);
  }

  /** What differs between resources. */
  #ownHooks(descriptor: ResourceDescriptor): WriteHooks {
    if (descriptor.group === 'rbac.authorization.k8s.io') return this.#rbacHooks(descriptor);
    if (descriptor.group === 'resource.k8s.io' && descriptor.namespaced) return this.#claimHooks(descriptor);
    if (descriptor.group === '' && descriptor.resource === 'namespaces') {
      return {
        beforeCreate: async (object, { dryRun }) => ({
          commit: () => (dryRun ? undefined : this.#namespaceCreated?.(object.metadata.name!)),
          rollback: () => undefined,
        }),
      };
    }
    if (descriptor.group === 'flowcontrol.apiserver.k8s.io' && descriptor.resource === 'flowschemas') {
      return {
        beforeCreate: async (object, { dryRun }) => ({
          commit: () => (dryRun ? undefined : this.#flowSchemas?.settle(object.metadata.name!)),
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

  #claimHooks({ group, kind }: ResourceDescriptor): WriteHooks {
    const { authorizer, cache } = this.#options;
    return {
      authorizeWrite: async (object, old, { user, namespace, name, options }) => {
        const verb = options['kind'] === 'PatchOptions' ? 'patch' : 'update';
        const write = { user, namespace, verb, object, old };
        const errors = [
          ...adminAccessErrors(object, old, cache.resource('namespaces').get('', namespace)),
          ...(kind === 'ResourceClaim' ? await claimStatusErrors(authorizer, write) : []),
        ];
        if (errors.length > 0) throw newInvalid({ group, kind }, name || object.metadata.name || '', errors);
      },
    };
  }

  async close(): Promise<void> {
    this.admission.close();
    this.#flowSchemas?.close();
    await this.#stopRepair?.();
  }
}
