// How objects and lists are put on the wire: as stored bytes wherever possible, otherwise as another version,
// a Table, metadata only, indented, or YAML.
import { stringify as stringifyYaml } from 'yaml';
import { internalPackage } from '../../apimachinery/decode/kind.ts';
import { apiVersionOf, type JsonObject, type KubeObject, type ObjectMeta } from '../../apimachinery/object.ts';
import { protobufMediaType } from '../../apimachinery/protobuf/decode.ts';
import { encodeProtobuf } from '../../apimachinery/protobuf/encode.ts';
import { newNotAcceptable, type StatusError } from '../../apimachinery/status.ts';
import { definitionOf } from '../../schemas/schemas.ts';
import type { CachedObject } from '../cache/cached-object.ts';
import { listKindOf, type ResourceDescriptor, type ServedVersion } from '../registry/descriptor.ts';
import { defaultPrinter } from '../registry/print.ts';
import { listBytes } from './list-stream.ts';
import type { Accepted } from './negotiate.ts';

/** What the client asked to see. */
export interface View {
  descriptor: ResourceDescriptor;
  /** The version in the URL. */
  version: string;
  accepted: Accepted;
  pretty: boolean;
  /** Of a Table: what stands in each row's `object`. */
  includeObject: 'None' | 'Metadata' | 'Object';
}

export interface Rendered {
  contentType: string;
  body: Buffer | string;
}

const newline = Buffer.from('\n');

/** Undefined where the version served is the one stored. */
export function conversionOf(descriptor: ResourceDescriptor, version: string): ServedVersion | undefined {
  return descriptor.otherVersions?.find((other) => other.version === version);
}

/** True when stored bytes can go out as they are. */
export function servesBytes(view: View): boolean {
  const { accepted, pretty, descriptor, version } = view;
  return (
    accepted.as === undefined &&
    accepted.mediaType === 'application/json' &&
    !pretty &&
    conversionOf(descriptor, version) === undefined
  );
}

/** The object in the version that the view serves. */
export function inVersion(object: KubeObject, view: View): KubeObject {
  const conversion = conversionOf(view.descriptor, view.version);
  return conversion === undefined ? object : conversion.fromStored(object);
}

export function encode(document: unknown, accepted: Accepted, pretty: boolean): Rendered {
  if (accepted.mediaType === protobufMediaType) {
    return { contentType: protobufMediaType, body: encodeProtobuf(document as KubeObject) };
  }
  if (accepted.mediaType === 'application/yaml') {
    return {
      contentType: 'application/yaml',
      body: stringifyYaml(document, { aliasDuplicateObjects: false, lineWidth: 0, sortMapEntries: true }),
    };
  }
  // As upstream's: a line ends what is written for programs, and nothing what is indented for people.
  const body = pretty || accepted.fallback ? JSON.stringify(document, null, 2) : `${JSON.stringify(document)}\n`;
  return { contentType: 'application/json', body };
}

export function metaApiVersion(accepted: Accepted): string {
  return `meta.k8s.io/${accepted.metaVersion}`;
}

export function partialMetadata(object: KubeObject, { accepted, descriptor }: View): JsonObject {
  const { versionAnnotations } = descriptor;
  return {
    kind: 'PartialObjectMetadata',
    apiVersion: metaApiVersion(accepted),
    metadata: (versionAnnotations
      ? withoutAnnotations(object.metadata, versionAnnotations)
      : object.metadata) as JsonObject,
  };
}

function withoutAnnotations(metadata: ObjectMeta, names: readonly string[]): ObjectMeta {
  const { annotations, ...rest } = metadata;
  const kept = Object.entries(annotations ?? {}).filter(([name]) => !names.includes(name));
  return kept.length === 0 ? rest : { ...metadata, annotations: Object.fromEntries(kept) };
}

/** One row; the printer works on the stored version. */
function tableRow(object: KubeObject, view: View, now: number): JsonObject {
  const { printer = defaultPrinter } = view.descriptor;
  const conditions = printer.conditions?.(object);
  return {
    cells: printer.cells(object, { now }),
    ...(conditions === undefined || conditions.length === 0 ? {} : { conditions }),
    object:
      view.includeObject === 'None'
        ? null
        : view.includeObject === 'Object'
          ? (inVersion(object, view) as JsonObject)
          : partialMetadata(object, view),
  };
}

export function tableOf(
  objects: readonly KubeObject[],
  listMetadata: JsonObject,
  view: View,
  withColumns = true,
): JsonObject {
  const { printer = defaultPrinter } = view.descriptor;
  const now = Date.now();
  const columns = printer.columns.map(({ name, type, format = '', description, priority }) => ({
    name,
    type,
    format,
    description,
    priority,
  }));
  return {
    kind: 'Table',
    apiVersion: metaApiVersion(view.accepted),
    metadata: listMetadata,
    columnDefinitions: withColumns ? columns : null,
    rows: objects.map((object) => tableRow(object, view, now)),
  } as unknown as JsonObject;
}

/** One object as JSON value, in whatever form the view asks for. */
export function documentOf(object: KubeObject, view: View, withColumns = true): JsonObject {
  const { as } = view.accepted;
  if (as === 'Table') {
    const { resourceVersion } = object.metadata;
    return tableOf([object], resourceVersion === undefined ? {} : { resourceVersion }, view, withColumns);
  }
  if (as === 'PartialObjectMetadata') return partialMetadata(object, view);
  if (as === 'PartialObjectMetadataList') throw notAList(view);
  return inVersion(object, view) as JsonObject;
}

/** The 406 for one object that was asked for in the form of lists. */
export function notAList(view: Pick<View, 'descriptor' | 'version'>): StatusError {
  const message = 'you requested PartialObjectMetadataList, but the requested object is not a list';
  return newNotAcceptable(`${message} (*${goTypeOf(view)})`);
}

/** The Go type that upstream handles objects as. */
function goTypeOf({ descriptor: { group, kind }, version }: Pick<View, 'descriptor' | 'version'>): string {
  return definitionOf({ group, version, kind }) === undefined
    ? 'unstructured.Unstructured'
    : `${internalPackage(group === 'events.k8s.io' ? '' : group)}.${kind}`;
}

export function renderObject(object: CachedObject, view: View): Rendered {
  if (servesBytes(view)) return { contentType: 'application/json', body: Buffer.concat([object.bytes, newline]) };
  return encode(documentOf(object.parse(), view), view.accepted, view.pretty);
}

export interface ListMetadata {
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
}

/** A list as the view asks for it: from stored bytes where they will do. */
export function renderList(objects: readonly CachedObject[], metadata: ListMetadata, view: View): Rendered {
  if (servesBytes(view)) return { contentType: 'application/json', body: listBytes(objects, metadata, view) };
  const parsed = objects.map((object) => object.parse());
  const { accepted, descriptor, pretty } = view;
  if (accepted.as === 'Table') return encode(tableOf(parsed, { ...metadata }, view), accepted, pretty);
  if (accepted.as === 'PartialObjectMetadata')
    throw newNotAcceptable(
      `you requested PartialObjectMetadata, but the requested object is a list (*${goTypeOf(view)}List)`,
    );
  if (accepted.as !== undefined) {
    const items = parsed.map((object) => partialMetadata(object, view));
    return encode(
      { kind: 'PartialObjectMetadataList', apiVersion: metaApiVersion(accepted), metadata, items },
      accepted,
      pretty,
    );
  }
  const items = parsed.map((object) => {
    if (descriptor.custom !== undefined) return object;
    const { kind: _kind, apiVersion: _apiVersion, ...item } = inVersion(object, view);
    return item;
  });
  return encode(
    { kind: listKindOf(descriptor), apiVersion: apiVersionOf(descriptor.group, view.version), metadata, items },
    accepted,
    pretty,
  );
}
