// A resource is data plus hooks: one descriptor per resource, one file per kind, under server/registry/<group>/.
// Routes, discovery, OpenAPI and the generic store are loops over the table of descriptors.
// Hooks are pure functions on plain objects; they are called in the order in which upstream's
// registry calls its strategies (k8s.io/apiserver pkg/registry/rest create.go and update.go).
import type { FieldError } from '../../apimachinery/field.ts';
import type { MergeType } from '../../apimachinery/managed-fields/merge-type.ts';
import type { ReplicasPaths } from '../../apimachinery/managed-fields/scale-fields.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { UserInfo } from '../auth/types.ts';

/** Verbs as discovery lists them. */
export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch';

/** The eight verbs of an ordinary resource, in discovery's order. */
export const allVerbs: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];

/** A column of `kubectl get` (metav1.TableColumnDefinition). Priority 1 shows with `-o wide` only. */
export interface TableColumn {
  name: string;
  type: 'string' | 'integer' | 'boolean' | 'number' | 'date';
  /** 'name' for the first column. */
  format?: string;
  description: string;
  priority: 0 | 1;
}

export type Cell = string | number | boolean | null;

export interface PrintContext {
  /** Milliseconds since the epoch; ages are printed relative to it. */
  now: number;
}

export interface Printer {
  columns: readonly TableColumn[];
  /** One row's cells, in the order of `columns`. */
  cells(object: KubeObject, context: PrintContext): Cell[];
  /** metav1.TableRow.conditions, where upstream sets them (completed pods). */
  conditions?(object: KubeObject): { type: string; status: string; reason: string; message: string }[] | undefined;
}

/** What a hook may know of the request. */
export interface RequestContext {
  user: UserInfo;
  namespace: string;
  /** Now, as RFC 3339 with second precision. */
  timestamp: string;
  dryRun: boolean;
}

/** How a subresource differs from its parent. */
export interface SubresourceDescriptor {
  /** `status`, `scale`, `binding`, `eviction`, `token`, … */
  name: string;
  verbs: readonly Verb[];
  /** The kind that goes over the wire, where it is not the parent's. */
  kind?: { group: string; version: string; kind: string };
  /**
   * Puts back what a write through this subresource must not change (upstream's status strategies: spec from `old`,
   * status from `object`). Present on subresources that read and write the parent object itself.
   */
  prepareForUpdate?(object: KubeObject, old: KubeObject, context: RequestContext): void;
  validateUpdate?(object: KubeObject, old: KubeObject): FieldError[];
  /** Fields, as paths of names (`metadata.labels`), that a write through this subresource puts back: it owns none of them. */
  resetFields?: readonly string[];
  /** Instead of `resetFields`: all that a write through this subresource may own, as paths of elements; `*` stands for any. */
  ownedFields?: readonly (readonly string[])[];
  /** Where the wire kind is not the parent's and clients read it (`/scale`): what GET shows of the parent. */
  read?(parent: KubeObject): KubeObject;
  /** Puts what a client wrote (an object of the wire kind) into a copy of the parent, in place. Returns what is wrong with it. */
  write?(parent: KubeObject, written: KubeObject): FieldError[];
  /** Where the wire kind is Scale: the parent's replicas, for its managedFields. */
  replicasPaths?: ReplicasPaths;
  /** Columns for the wire kind. */
  printer?: Printer;
}

/** One more served version of a stored kind, converted at the edge. Both functions return a new object and share nothing they change. */
export interface ServedVersion {
  version: string;
  fromStored(object: KubeObject): KubeObject;
  toStored(object: KubeObject): KubeObject;
}

export interface ResourceDescriptor {
  group: string;
  /** The version that is stored. */
  version: string;
  kind: string;
  /** Lower case plural. */
  resource: string;
  singular: string;
  namespaced: boolean;
  shortNames?: readonly string[];
  categories?: readonly string[];
  verbs: readonly Verb[];
  /** Discovery's storageVersionHash; '' where upstream has none (resources that are not stored). */
  storageVersionHash: string;
  /** Storage resource where it is not `groupResourceOf(group, resource)`: events.k8s.io events live with core events. */
  storedAs?: string;
  /** The kind that is stored, where it is not this one: events.k8s.io stores core Events. Hooks and printer take the stored form. */
  storedKind?: { group: string; version: string; kind: string };
  /** False for create-only review kinds and the like, which have a handler of their own. */
  stored: boolean;
  otherVersions?: readonly ServedVersion[];
  subresources: readonly SubresourceDescriptor[];

  /** Field selectors beyond metadata.name and metadata.namespace. Labels are the selector's names as written by clients. */
  selectableFields?: Readonly<Record<string, (object: KubeObject) => string>>;
  printer?: Printer;
  /** Annotations that are fields in upstream's internal type: its tables and partial metadata, made of that, do not have them. */
  versionAnnotations?: readonly string[];
  /**
   * Go templates know these as `AllowCreateOnUpdate` and `AllowUnconditionalUpdate`: PUT creates what is missing; PUT without
   * resourceVersion is accepted.
   */
  allowCreateOnUpdate: boolean;
  allowUnconditionalUpdate: boolean;
  /** True where metadata.generation counts changes of the spec. Then create sets 1. */
  hasGeneration: boolean;
  /** Fields, as paths of names, that a write puts back and therefore owns none of: by default `status` where that is a subresource. */
  resetFields?: readonly string[];
  /** What upstream's conversion from its internal form adds, which managedFields see. Returns a new object where it adds something. */
  versionedForm?(object: KubeObject): KubeObject;
  /** How objects of `version` merge, where no built-in schema says it. Without either, the value decides. The same object each time. */
  mergeType?(version: string): MergeType | undefined;
  /**
   * What counts for generation: by default everything but metadata and status. Return true when the change must bump it.
   */
  generationChanged?(object: KubeObject, old: KubeObject): boolean;

  /** Sets the defaults of `version`, in place, as upstream's SetDefaults_* functions do; runs on every decoded object of this version. */
  setDefaults?(object: KubeObject): void;
  /** Clears what a client may not set on create (status), sets what the server owns. In place. */
  prepareForCreate?(object: KubeObject, context: RequestContext): void;
  validate?(object: KubeObject): FieldError[];
  /** Puts back from `old` what this write may not change (status). In place. */
  prepareForUpdate?(object: KubeObject, old: KubeObject, context: RequestContext): void;
  validateUpdate?(object: KubeObject, old: KubeObject): FieldError[];
  /** The warning that every request of this resource gets, where the whole kind is deprecated. */
  deprecation?: string;
  /** Warnings for deprecated fields and values (rest.WarningsOnCreate), without the `299 -` frame. */
  warnings?(object: KubeObject, old: KubeObject | undefined): string[];
  /** How metadata.name is checked; the default is a DNS-1123 subdomain. Returns messages, empty when fine. */
  validateName?(name: string, prefix: boolean): string[];
  /** Seconds of grace to grant a delete; undefined: delete at once. Only pods are graceful upstream. */
  gracePeriodSeconds?(object: KubeObject, requested: number | undefined): number | undefined;
  /** Warnings for a delete, by how its options treat dependents; undefined where they say nothing. */
  deleteWarnings?(propagationPolicy: string | undefined): string[];
  /** A finished delete answers with the object instead of a Status (upstream's ReturnDeletedObject). */
  returnsDeletedObject?: boolean;
  /** Finalizers that a delete without a propagationPolicy sets (`orphan` for legacy kinds): upstream's DefaultGarbageCollectionPolicy. */
  defaultGarbageCollectionPolicy?: 'OrphanDependents' | 'DeleteDependents' | 'Unsupported';
}

/** `verbs` of an ordinary `/status` subresource. */
export const statusVerbs: readonly Verb[] = ['get', 'patch', 'update'];

/**
 * The `/status` subresource of an ordinary kind: a write takes `status` (and metadata but for what the server owns) and keeps the rest.
 */
export function statusSubresource(more: Partial<SubresourceDescriptor> = {}): SubresourceDescriptor {
  return {
    name: 'status',
    verbs: statusVerbs,
    resetFields: ['spec'],
    prepareForUpdate(object, old) {
      for (const field of Object.keys(object)) {
        if (field !== 'status' && field !== 'metadata' && field !== 'apiVersion' && field !== 'kind' && !(field in old))
          delete object[field];
      }
      for (const field of Object.keys(old)) if (field !== 'status' && field !== 'metadata') object[field] = old[field];
    },
    ...more,
  };
}

/** The strategy of an ordinary kind with spec and status: clients do not set status through the main resource. */
export function keepStatus(object: KubeObject, old: KubeObject): void {
  if (old['status'] === undefined) delete object['status'];
  else object['status'] = old['status'];
}

export function dropStatus(object: KubeObject): void {
  delete object['status'];
}
