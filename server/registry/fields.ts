// How the code of the kinds reaches into objects, and the few comparisons every strategy needs.
import type { Fields } from '../../apimachinery/fields.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { type RequestContext, statusSubresource } from './descriptor.ts';

export { type Fields, listOf } from '../../apimachinery/fields.ts';

/** `object[field]`, made an empty object first where it is missing. */
export function ensure(object: Fields, field: string): Fields {
  const present = object[field];
  if (present !== undefined && present !== null) return present as Fields;
  const made: Fields = {};
  object[field] = made;
  return made;
}

/** Sets `object[field]` where the client left it out (nil in Go; '' and 0 count as given). */
export function defaultTo(object: Fields, field: string, value: unknown): void {
  if (object[field] === undefined || object[field] === null) object[field] = value;
}

/** Sets `object[field]` where it has its type's zero value: missing, '' or 0. */
export function defaultZero(object: Fields, field: string, value: unknown): void {
  const present = object[field];
  if (present === undefined || present === null || present === '' || present === 0) object[field] = value;
}

const ordinaryStatus = statusSubresource();

/** What an ordinary `/status` write does before anything else: everything but status and metadata comes from `old`. */
export function keepAllButStatus(object: KubeObject, old: KubeObject, context: RequestContext): void {
  ordinaryStatus.prepareForUpdate!(object, old, context);
}
