// Projected volumes (pkg/apis/core/validation validateProjectionSources).
import { type FieldError, forbidden, invalid } from '../../../apimachinery/field.ts';
import { type Fields, listOf } from '../fields.ts';
import { checkFileMode, checkLocalNonReservedPath, checkRequired } from './checks.ts';
import { checkDownwardFile, checkKeyToPath } from './volume-source-validation.ts';

/** Two files of one volume must not have the same path. */
type Paths = Set<string>;

export function checkProjected(source: Fields, path: string, errors: FieldError[]): void {
  checkFileMode(source['defaultMode'], `${path}.defaultMode`, errors);
  const paths: Paths = new Set();
  listOf(source['sources']).forEach((projection, i) => {
    checkProjection(projection, path, `${path}.sources[${i}]`, paths, errors);
  });
}

/** `volume` is the path of the projected source, where upstream reports paths that meet; `path` is this projection's. */
function checkProjection(projection: Fields, volume: string, path: string, paths: Paths, errors: FieldError[]): void {
  let count = 0;
  for (const field of ['secret', 'configMap']) {
    const source = projection[field] as Fields | null | undefined;
    if (!source) continue;
    count++;
    checkRequired(source['name'], `${path}.${field}.name`, errors);
    listOf(source['items']).forEach((item, i) => {
      checkKeyToPath(item, `${path}.${field}.items[${i}]`, errors);
      checkUnique(item['path'], source['name'] ?? '', paths, volume, errors);
    });
  }
  if (projection['downwardAPI']) {
    count++;
    for (const file of listOf(projection['downwardAPI'].items)) {
      checkDownwardFile(file, `${path}.downwardAPI`, errors);
      checkUnique(file['path'], file['path'], paths, volume, errors);
    }
  }
  if (projection['serviceAccountToken']) {
    count++;
    checkToken(projection['serviceAccountToken'], volume, `${path}.serviceAccountToken`, errors);
  }
  if (count > 1) errors.push(forbidden(path, 'may not specify more than 1 volume type per source'));
}

function checkUnique(path: string | undefined, shown: string, paths: Paths, at: string, errors: FieldError[]): void {
  if (!path) return;
  if (paths.has(path)) errors.push(invalid(at, shown, 'conflicting duplicate paths'));
  paths.add(path);
}

function checkToken(token: Fields, volume: string, path: string, errors: FieldError[]): void {
  const seconds = token['expirationSeconds'] ?? 0;
  const at = `${path}.expirationSeconds`;
  if (seconds < 600) errors.push(invalid(at, seconds, 'may not specify a duration less than 10 minutes'));
  if (seconds > 2 ** 32) errors.push(invalid(at, seconds, 'may not specify a duration larger than 2^32 seconds'));
  if (checkRequired(token['path'], `${volume}.path`, errors)) {
    checkLocalNonReservedPath(token['path'], `${volume}.path`, errors);
  }
}
