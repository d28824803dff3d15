// Values of a custom resource by the JSON paths of its definition: columns of tables, selectable fields.
import { JSONPath, JSONPathError } from '../../apimachinery/structural/jsonpath.ts';

/**
 * What finds the first value at a path: undefined where nothing is there, or where the path does not suit the object. A path that cannot be
 * read finds nothing: definitions with such a path are refused.
 */
export function pathFinder(path: string): (object: unknown) => unknown {
  const find = quietly(() => JSONPath.parse(path));
  return (object) => quietly(() => find?.find(object)[0]);
}

function quietly<Value>(run: () => Value): Value | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof JSONPathError) return undefined;
    throw error;
  }
}
