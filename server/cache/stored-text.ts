// Objects as text: how they are stored, how they are served, and how they are read again. Half of an object's text are its managed
// fields, of which few are different; those are neither read nor written anew with each object.
import { readSharedSet, sharedText } from '../../apimachinery/managed-fields/set-texts.ts';
import type { JsonObject, KubeObject } from '../../apimachinery/object.ts';
import type { ObjectFraming } from './framing.ts';

/**
 * An object's JSON as it is stored: kind, apiVersion and metadata first, so that the revision can be spliced in as bytes,
 * and no metadata.resourceVersion.
 */
export function storedText(object: KubeObject): string {
  const { kind, apiVersion, metadata, ...rest } = object;
  const { resourceVersion: _, managedFields, ...meta } = metadata;
  if (managedFields === undefined || managedFields.length === 0)
    return JSON.stringify({ kind, apiVersion, metadata: managedFields ? { ...meta, managedFields } : meta, ...rest });
  const head = JSON.stringify({ kind, apiVersion, metadata: meta }).slice(0, -2);
  const tail = JSON.stringify(rest);
  const comma = head.endsWith('{') ? '' : ',';
  const end = tail === '{}' ? '}' : `,${tail.slice(1)}`;
  return `${head}${comma}"managedFields":[${managedFields.map(entryText).join(',')}]}${end}`;
}

const placeholder = '"fieldsV1":0';

function entryText(entry: JsonObject): string {
  const fields = sharedText(entry['fieldsV1']);
  if (fields === undefined) return JSON.stringify(entry);
  const text = JSON.stringify({ ...entry, fieldsV1: 0 });
  const at = text.indexOf(placeholder) + placeholder.length;
  return text.slice(0, at - 1) + fields + text.slice(at);
}

/** The text that clients see: the stored one with metadata.resourceVersion spliced in; revision 0 stands for none (dry runs). */
export function servedText(value: string, revision: number, framing: ObjectFraming): string {
  if (revision === 0) return value;
  if (value.startsWith(framing.prefix)) {
    return `${framing.prefix}"resourceVersion":"${revision}",${value.slice(framing.prefix.length)}`;
  }
  // A row that somebody edited with SQL: put it in order.
  const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = JSON.parse(value) as KubeObject;
  const { resourceVersion: _resourceVersion, ...meta } = metadata;
  const body = JSON.stringify({ metadata: { resourceVersion: String(revision), ...meta }, ...rest });
  return framing.head + body.slice(1);
}

const listStart = ',"managedFields":[{';
const fieldsKey = '"fieldsV1":';
const subresourceStart = ',"subresource":"';

/**
 * An object from its stored or served text: a copy that the caller may change, but for the sets in its managedFields, which objects share
 * and which are frozen.
 */
export function parseObject(text: string): KubeObject {
  const list = text.indexOf(listStart);
  const cut = list < 0 ? undefined : cutSets(text, list + listStart.length);
  if (cut === undefined) return JSON.parse(text) as KubeObject;
  const object = JSON.parse(cut.text) as KubeObject;
  const entries = object.metadata.managedFields;
  // What was cut out may be of another object within this one.
  if (entries?.length !== cut.sets.length || entries.some((entry) => entry['fieldsV1'] !== 0))
    return JSON.parse(text) as KubeObject;
  for (const [i, entry] of entries.entries()) entry['fieldsV1'] = cut.sets[i]!;
  return object;
}

/** The text with a 0 in place of each set; undefined where the entries are not as this server writes them. `from` is in the first one. */
function cutSets(text: string, from: number): { text: string; sets: JsonObject[] } | undefined {
  const sets: JsonObject[] = [];
  let rest = '';
  let copied = 0;
  for (let at = from; ; ) {
    const open = text.indexOf(fieldsKey, at) + fieldsKey.length;
    if (open < fieldsKey.length || text[open] !== '{') return undefined;
    const { set, end } = readSharedSet(text, open);
    sets.push(set as JsonObject);
    rest += `${text.slice(copied, open)}0`;
    copied = end;
    const past = endOfEntry(text, end);
    if (text[past] === ']') return { text: rest + text.slice(copied), sets };
    if (past < 0 || text[past] !== ',') return undefined;
    at = past + 1;
  }
}

/** The position after an entry's `}`, where the set in it ends at `from`; -1 where something else follows. */
function endOfEntry(text: string, from: number): number {
  if (text[from] === '}') return from + 1;
  if (!text.startsWith(subresourceStart, from)) return -1;
  const close = text.indexOf('"', from + subresourceStart.length);
  return text[close + 1] === '}' ? close + 2 : -1;
}
