// The texts of sets of fields. The objects of one template have the same owners of the same fields, so a server meets few different
// sets among many objects: each is read once, shared, and written again as the text that it was read from. Sets are never changed
// once made (field-set.ts); shared ones are frozen besides.
import { type FieldSet, inOrder } from './field-set.ts';

interface Known {
  text: string;
  set: FieldSet;
}

/** Of the sets that somebody still holds. */
const texts = new WeakMap<FieldSet, string>();
/** By text, the longest known first; at most `maxCharacters` in all. */
const sets = new Map<string, FieldSet>();
let characters = 0;
const maxCharacters = 4 * 1024 * 1024;
/** The last ones that were met in stored objects, the last first: most objects are found here without a look at all of the text. */
const recent: Known[] = [];
const maxRecent = 8;

/** The text of a set that is shared. */
export function sharedText(set: unknown): string | undefined {
  return typeof set === 'object' && set !== null ? texts.get(set as FieldSet) : undefined;
}

/** The set that all share who have the same fields, in the order in which it is written. */
export function sharedSet(set: FieldSet): FieldSet {
  if (texts.has(set)) return set;
  const ordered = inOrder(set);
  const text = JSON.stringify(ordered);
  return sets.get(text) ?? keep(text, ordered);
}

/**
 * The set whose text begins at `from`, where there is a `{`, and where the text ends. `text` is valid JSON; the set is in the order of
 * its text.
 */
export function readSharedSet(text: string, from: number): { set: FieldSet; end: number } {
  for (const [i, known] of recent.entries()) {
    // One JSON object's text is never the beginning of another's.
    if (!text.startsWith(known.text, from)) continue;
    if (i > 0) recent.splice(0, 0, ...recent.splice(i, 1));
    return { set: known.set, end: from + known.text.length };
  }
  const end = endOfObject(text, from);
  const own = text.slice(from, end);
  const set = sets.get(own) ?? parseShared(own);
  const written = texts.get(set);
  if (written !== undefined) {
    recent.unshift({ text: written, set });
    recent.length = Math.min(recent.length, maxRecent);
  }
  return { set, end };
}

/** What somebody has edited may not come out as it went in; that is not shared. */
function parseShared(own: string): FieldSet {
  const set = JSON.parse(own) as FieldSet;
  // Written anew, since a slice would keep the whole object's text.
  const text = JSON.stringify(set);
  return text === own ? keep(text, set) : set;
}

function keep(text: string, set: FieldSet): FieldSet {
  freeze(set);
  texts.set(set, text);
  sets.set(text, set);
  characters += text.length;
  for (const oldest of sets.keys()) {
    if (characters <= maxCharacters) break;
    sets.delete(oldest);
    characters -= oldest.length;
  }
  return set;
}

function freeze(set: FieldSet): void {
  if (Object.isFrozen(set)) return;
  for (const element in set) freeze(set[element]!);
  Object.freeze(set);
}

const quote = 0x22;
const backslash = 0x5c;

/** The position after the object that begins at `from`. */
function endOfObject(text: string, from: number): number {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === quote) {
      for (i++; text.charCodeAt(i) !== quote; i++) if (text.charCodeAt(i) === backslash) i++;
    } else if (c === 0x7b) depth++;
    else if (c === 0x7d && --depth === 0) return i + 1;
  }
  return text.length;
}
