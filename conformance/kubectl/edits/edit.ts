// Random edits of manifests, as a person would make them between two runs of `kubectl apply`: a value set or taken away, an entry of a map,
// an element of a list added, removed, changed, or all of them in another order. Which fields may be edited is data (`Slot`).
import type { Document } from '../../api/support/client.ts';
import type { Random } from '../../fuzz/random.ts';

/** A place in a manifest that may be edited. `*` in the path is any element of a list. */
export type Slot =
  /** One of the values; undefined takes the field away, and null writes null. */
  | { at: string; values: readonly unknown[] }
  /** A map of names to values. */
  | { at: string; entries: readonly string[]; entryValues: readonly unknown[] }
  /** Elements by their keys: at least `least` of them. Other slots may edit what is in them. */
  | { at: string; elements: readonly Document[]; least?: number };

/** One manifest under edit. */
export interface Edited {
  manifest: Document;
  slots: readonly Slot[];
}

interface Place {
  parent: Document;
  field: string;
}

/** Where `at` is in the manifest; undefined where something on the way is not there. */
function placeOf(manifest: Document, at: string, random: Random): Place | undefined {
  const path = at.split('.');
  const field = path.pop()!;
  let parent = manifest;
  for (const step of path) {
    parent = step === '*' ? random.pick((parent as Document[]) ?? []) : parent[step];
    if (parent === undefined) return undefined;
  }
  return { parent, field };
}

function setValue({ parent, field }: Place, value: unknown): void {
  if (value === undefined) delete parent[field];
  else parent[field] = structuredClone(value);
}

function editEntry({ parent, field }: Place, slot: Extract<Slot, { entries: unknown }>, random: Random): void {
  const map = { ...parent[field] };
  const name = random.pick(slot.entries);
  if (name in map && random.chance(0.5)) delete map[name];
  else map[name] = random.pick(slot.entryValues);
  setValue({ parent, field }, Object.keys(map).length === 0 ? undefined : map);
}

function editElements({ parent, field }: Place, slot: Extract<Slot, { elements: unknown }>, random: Random): void {
  const { elements, least = 0 } = slot;
  let list: Document[] = [...(parent[field] ?? [])];
  const key = Object.keys(elements[0]!)[0]!;
  const chosen = random.pick(elements);
  const at = list.findIndex((element) => element[key] === chosen[key]);
  if (random.chance(0.2)) list.reverse();
  else if (at === -1) list.splice(random.below(list.length + 1), 0, structuredClone(chosen));
  else if (list.length > least && random.chance(0.6)) list = list.toSpliced(at, 1);
  else list[at] = structuredClone(chosen);
  setValue({ parent, field }, list.length === 0 ? undefined : list);
}

/** Makes one edit. The manifest is changed in place; what it was made of before is not kept. */
export function edit({ manifest, slots }: Edited, random: Random): void {
  for (;;) {
    const before = JSON.stringify(manifest);
    const slot = random.pick(slots);
    const place = placeOf(manifest, slot.at, random);
    if (place === undefined) continue;
    if ('values' in slot) setValue(place, random.pick(slot.values));
    else if ('entries' in slot) editEntry(place, slot, random);
    else editElements(place, slot, random);
    if (JSON.stringify(manifest) !== before) return;
  }
}
