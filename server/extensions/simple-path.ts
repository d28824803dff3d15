// Values by a JSON path of plain field names.
import type { JsonObject, KubeObject } from '../../apimachinery/object.ts';
import { splitPath } from './nested.ts';

/** What finds the values at a path: none where nothing is there. */
export function pathFinder(path: string): (object: KubeObject) => unknown[] {
  const fields = splitPath(path);
  return (object) => {
    let value: unknown = object;
    for (const field of fields) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, field)) return [];
      value = (value as JsonObject)[field];
    }
    return [value];
  };
}
