// The annotation of client-side apply, which server-side apply by kubectl reads and keeps up to date
// (apimachinery/pkg/util/managedfields/internal lastapplied.go, lastappliedmanager.go, lastappliedupdater.go).
import type { Json, JsonObject, KubeObject } from '../object.ts';
import { isObject } from '../patch/json-values.ts';

export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';
/** Upstream's TotalAnnotationSizeLimitB. */
const maxAnnotationBytes = 256 * 1024;

export function hasLastApplied(object: KubeObject): boolean {
  return Boolean(object.metadata.annotations?.[lastAppliedAnnotation]);
}

/** The configuration that client-side apply noted; undefined where there is none that can be read. */
export function lastAppliedConfiguration(object: KubeObject): JsonObject | undefined {
  const text = object.metadata.annotations?.[lastAppliedAnnotation];
  if (!text) return undefined;
  try {
    const value = JSON.parse(text) as Json;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A copy of `object` whose annotation says that `applied` was applied; without it where that would be too long. */
export function setLastApplied(object: KubeObject, applied: JsonObject): KubeObject {
  const { [lastAppliedAnnotation]: _, ...others } = object.metadata.annotations ?? {};
  const text = `${JSON.stringify(sortedKeys(withoutAnnotation(applied)))}\n`;
  const annotations: Record<string, string> = { ...others, [lastAppliedAnnotation]: text };
  let bytes = 0;
  for (const [key, value] of Object.entries(annotations)) bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  return {
    ...object,
    metadata: { ...object.metadata, annotations: bytes > maxAnnotationBytes ? others : annotations },
  };
}

function withoutAnnotation(applied: JsonObject): JsonObject {
  const metadata = applied['metadata'];
  const annotations = isObject(metadata) ? metadata['annotations'] : undefined;
  if (!isObject(metadata) || !isObject(annotations)) return applied;
  const { [lastAppliedAnnotation]: _, ...others } = annotations;
  return { ...applied, metadata: { ...metadata, annotations: others } };
}

/** As Go writes a map: keys in order, at every depth. */
function sortedKeys(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((item) => sortedKeys(item) ?? null);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sortedKeys(value[key])]),
  );
}
