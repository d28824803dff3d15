// What the generic store is asked to write, and what it calls on the way.
import type { JsonObject, KubeObject } from '../../apimachinery/object.ts';
import type { UserInfo } from '../auth/types.ts';
import type { SubresourceDescriptor } from './descriptor.ts';
import type { FieldTracking } from './field-managers.ts';

/** Who writes, where, and how. */
export interface WriteRequest {
  user: UserInfo;
  /** '' for cluster scope. */
  namespace: string;
  /** '' on create, where the object says it. */
  name: string;
  dryRun: boolean;
  /** CreateOptions, UpdateOptions, PatchOptions or DeleteOptions, for admission. */
  options: JsonObject;
  /** Undefined for writes that leave managedFields alone: those that bring their own, and those that upstream makes below its handlers. */
  fields?: FieldTracking;
  warn(message: string): void;
}

/** How an update differs from an ordinary one. */
export interface UpdateOptions {
  subresource?: SubresourceDescriptor;
  allowUnconditional?: boolean;
  /** The new object does not come from the stored one, which `change` therefore leaves alone. */
  replaces?: boolean;
  /** True where what brought the change about has passed admission itself. */
  admitted?: boolean;
}

/** Side effects beside the object itself (service addresses and ports): taken before the write, given back when it fails. */
export interface WriteHooks {
  beforeCreate?(object: KubeObject, request: WriteRequest): Promise<Transaction | undefined> | undefined;
  beforeUpdate?(
    object: KubeObject,
    old: KubeObject,
    request: WriteRequest,
  ): Promise<Transaction | undefined> | undefined;
  afterDelete?(object: KubeObject): Promise<void> | undefined;
  /** A PUT or an apply creates what is missing: whoever may update need not be allowed to create. Throws a StatusError 403. */
  authorizeCreate?(request: WriteRequest): Promise<void>;
  /** Checks that need the user (RBAC escalation). Throws a StatusError. */
  authorizeWrite?(object: KubeObject, old: KubeObject | undefined, request: WriteRequest): Promise<void> | undefined;
}

export interface Transaction {
  commit(): void | Promise<void>;
  rollback(): void | Promise<void>;
}
