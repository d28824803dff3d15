// What an admission plugin sees and may do (k8s.io/apiserver pkg/admission).
import type { JsonObject, KubeObject } from '../../apimachinery/object.ts';
import type { UserInfo } from '../auth/types.ts';
import type { ResourceDescriptor } from '../registry/descriptor.ts';

export interface AdmissionAttributes {
  operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  /** The resource that is written; for a subresource, the parent. */
  descriptor: ResourceDescriptor;
  /** '' for the resource itself. */
  subresource: string;
  /** '' for cluster scope. */
  namespace: string;
  /** May be '' on create with generateName and on deletecollection. */
  name: string;
  /** What is to be stored (in the stored version); undefined for DELETE. `admit` may change it in place. */
  object: KubeObject | undefined;
  /** What is stored; undefined for CREATE. Never changed. */
  old: KubeObject | undefined;
  /** CreateOptions, UpdateOptions or DeleteOptions. */
  options: JsonObject;
  user: UserInfo;
  dryRun: boolean;
  /** Adds a `Warning` header to the answer. */
  warn(message: string): void;
  /** Adds an annotation to the audit event, where the request is audited. */
  annotate?(key: string, value: string): void;
  /** Made by the first plugin that asks for another round. */
  reinvocation?: Reinvocation;
}

/**
 * One more round of `admit` through the whole chain (k8s.io/apiserver pkg/admission/reinvocation.go): a webhook or policy that changed
 * the object asks for it, so that plugins before it see what it did. There is one, never a third.
 */
export interface Reinvocation {
  /** Set to ask for it. */
  wanted: boolean;
  /** True in that round. */
  running: boolean;
  /** What plugins remember from the first round for the second, by plugin. */
  remembered: Map<string, unknown>;
}

/** The state of the request's rounds, for a plugin to set. */
export function reinvocationOf(attributes: AdmissionAttributes): Reinvocation {
  attributes.reinvocation ??= { wanted: false, running: false, remembered: new Map() };
  return attributes.reinvocation;
}

/** A plugin throws a StatusError to refuse. Both verbs answer without a promise where they can: pods pass here thousands of times a second. */
export interface AdmissionPlugin {
  /** Upstream's name, as in --enable-admission-plugins. */
  name: string;
  /** May change `attributes.object`. */
  admit?(attributes: AdmissionAttributes): void | Promise<void>;
  /** Sees the object after all changes and may only refuse. */
  validate?(attributes: AdmissionAttributes): void | Promise<void>;
}

/** The plugins in order, as the store calls them. */
export interface AdmissionChain {
  admit(attributes: AdmissionAttributes): void | Promise<void>;
  validate(attributes: AdmissionAttributes): void | Promise<void>;
}
