// A custom resource as a descriptor, in one of its versions: what upstream's strategy of custom resources does
// (apiextensions-apiserver pkg/registry/customresource strategy.go, status_strategy.go).
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { FieldError } from '../../apimachinery/field.ts';
import type { ReplicasPaths } from '../../apimachinery/managed-fields/scale-fields.ts';
import { isQualifiedName } from '../../apimachinery/names.ts';
import { apiVersionOf, groupResourceOf, type KubeObject } from '../../apimachinery/object.ts';
import { compareVersions } from '../discovery/groups.ts';
import {
  type ResourceDescriptor,
  type ServedVersion,
  type SubresourceDescriptor,
  statusVerbs,
  type Verb,
} from '../registry/descriptor.ts';
import { type CrdSpec, type CrdStatus, type CrdVersion, storageVersionOf } from './crd.ts';
import { customPrinter } from './custom-printer.ts';
import { customScale } from './custom-scale.ts';
import { splitPath } from './nested.ts';
import { selectableFieldsOf } from './selectable-fields.ts';
import type { VersionSchema } from './version-schema.ts';

/** In the order in which upstream's discovery lists them for custom resources. */
const servedVerbs: readonly Verb[] = [
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'create',
  'update',
  'watch',
];

/** How discovery tells clients that the stored version has changed (apiserver pkg/endpoints/discovery/storageversionhash.go). */
export function storageVersionHash(group: string, version: string, kind: string): string {
  return createHash('sha256').update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString('base64');
}

export interface CustomResourceFacts {
  spec: CrdSpec;
  status: CrdStatus;
  version: CrdVersion;
  /** Of all versions, by name. */
  schemas: ReadonlyMap<string, VersionSchema>;
}

/** The descriptor of one version. */
export function customDescriptor({ spec, status, version, schemas }: CustomResourceFacts): ResourceDescriptor {
  const schema = schemas.get(version.name)!;
  const names = status.acceptedNames;
  const hasStatus = version.subresources?.status !== undefined;
  const statusHasDefault = hasStatus && schema.hasDefault('status');
  const dropStatus = (object: KubeObject): void => {
    delete object['status'];
    // Not part of what was written, but of what every read of it fills in.
    if (statusHasDefault) schema.applyDefaults(object);
  };
  const { kind, plural, singular = '', shortNames, categories, listKind = `${kind}List` } = names;
  const { group } = spec;
  return {
    group,
    version: version.name,
    kind,
    resource: plural,
    singular,
    namespaced: spec.scope === 'Namespaced',
    ...(shortNames === undefined ? {} : { shortNames }),
    ...(categories === undefined ? {} : { categories }),
    verbs: servedVerbs,
    storageVersionHash: storageVersionHash(group, storageVersionOf(spec).name, spec.names.kind),
    storedAs: groupResourceOf(group, plural),
    stored: true,
    custom: {
      schema,
      listKind,
      fieldVersions: fieldVersions(spec, version),
      openAPIV3Schema: version.schema?.openAPIV3Schema ?? {},
      preserveUnknownFields: spec.preserveUnknownFields === true,
      selectablePaths: (version.selectableFields ?? []).map(({ jsonPath }) => jsonPath.replace(/^\./, '')),
    },
    mergeType: (name) => schemas.get(name)?.mergeType(),
    subresources: subresourcesOf(spec, version, schema),
    selectableFields: selectableFieldsOf(version),
    printer: customPrinter(version.additionalPrinterColumns ?? []),
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: false,
    hasGeneration: true,
    generationChanged: differsBeyondMetadata,
    ...(version.deprecated ? { deprecation: deprecationWarning(spec, version) } : {}),
    setDefaults: (object) => schema.applyDefaults(object),
    prepareForCreate(object) {
      if (hasStatus) dropStatus(object);
    },
    prepareForUpdate(object, old) {
      if (!hasStatus) return;
      if ('status' in old) object['status'] = old['status'];
      else dropStatus(object);
    },
    validate: (object) => schema.validator.validate(object),
    validateUpdate: warned((object, old, warnings) => schema.validator.validateUpdate(object, old, warnings)),
    warnings: (object, old) => finalizerWarnings(object, old),
  };
}

/** Owners of fields are carried from version to version by name: a webhook is not asked about parts of objects. */
function fieldVersions({ group, versions }: CrdSpec, { name }: CrdVersion): ServedVersion[] {
  const named = (version: string) => (object: KubeObject) => ({ ...object, apiVersion: apiVersionOf(group, version) });
  return versions
    .filter((other) => other.name !== name)
    .map((other) => ({ version: other.name, fromStored: named(other.name), toStored: named(name) }));
}

/** Where the replicas are, in each version that has them. */
function replicasPaths({ group, versions }: CrdSpec): ReplicasPaths {
  return Object.fromEntries(
    versions.flatMap(({ name, subresources }) => {
      const path = subresources?.scale?.specReplicasPath;
      return path === undefined ? [] : [[apiVersionOf(group, name), splitPath(path).map((field) => `f:${field}`)]];
    }),
  );
}

function subresourcesOf(spec: CrdSpec, version: CrdVersion, schema: VersionSchema): SubresourceDescriptor[] {
  const { status, scale } = version.subresources ?? {};
  const own: SubresourceDescriptor[] = [];
  if (status !== undefined) {
    own.push({
      name: 'status',
      verbs: statusVerbs,
      resetFields: ['metadata', 'spec'],
      prepareForUpdate: keepAllButStatus,
      validateUpdate: warned((object, old, warnings) => schema.validator.validateStatusUpdate(object, old, warnings)),
    });
  }
  if (scale !== undefined) own.push({ ...customScale(scale), replicasPaths: replicasPaths(spec) });
  return own;
}

type Validate = (object: KubeObject, old: KubeObject, warnings: string[]) => FieldError[];

/** A hook of a validation that lists its warnings. */
function warned(validate: Validate): NonNullable<ResourceDescriptor['validateUpdate']> {
  return (object, old, warn) => {
    const warnings: string[] = [];
    const errors = validate(object, old, warnings);
    for (const warning of warnings) warn?.(warning);
    return errors;
  };
}

/** A write of the status changes nothing else, metadata included; managed fields say who wrote it. */
function keepAllButStatus(object: KubeObject, old: KubeObject): void {
  const { status } = object;
  const { managedFields } = object.metadata;
  for (const field of Object.keys(object)) if (field !== 'metadata') delete object[field];
  Object.assign(object, { ...old, metadata: { ...old.metadata } });
  if (managedFields === undefined) delete object.metadata.managedFields;
  else object.metadata.managedFields = managedFields;
  if (status === undefined) delete object['status'];
  else object['status'] = status;
}

function differsBeyondMetadata(object: KubeObject, old: KubeObject): boolean {
  const { metadata: _metadata, ...rest } = object;
  const { metadata: _oldMetadata, ...oldRest } = old;
  return !isDeepStrictEqual(rest, oldRest);
}

const kubernetesFinalizers = new Set(['foregroundDeletion', 'kubernetes', 'orphan']);

/** Finalizers that were added and are not named as they should be. */
function finalizerWarnings(object: KubeObject, old: KubeObject | undefined): string[] {
  const before = old?.metadata.finalizers ?? [];
  const added = [...new Set(object.metadata.finalizers ?? [])].filter((name) => !before.includes(name)).sort();
  return added.flatMap((name) => {
    const at = `metadata.finalizers: ${JSON.stringify(name)}: `;
    const warnings = isQualifiedName(name).map((message) => at + message);
    if (!name.includes('/') && !kubernetesFinalizers.has(name)) {
      const path = name.includes('.') ? ' including a path (/)' : '';
      warnings.push(
        `${at}prefer a domain-qualified finalizer name${path} to avoid accidental conflicts with other finalizer writers`,
      );
    }
    return warnings;
  });
}

function deprecationWarning(spec: CrdSpec, { name, deprecationWarning }: CrdVersion): string {
  if (deprecationWarning !== undefined) return deprecationWarning;
  const { group, names, versions } = spec;
  const message = `${apiVersionOf(group, name)} ${names.kind} is deprecated`;
  const [better] = versions
    .filter((other) => other.served && !other.deprecated && compareVersions(other.name, name) < 0)
    .map((other) => other.name)
    .sort(compareVersions);
  return better === undefined ? message : `${message}; use ${apiVersionOf(group, better)} ${names.kind}`;
}
