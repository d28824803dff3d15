// Just enough of container image references to tell the tag (pkg/util/parsers.ParseImageName).

/**
 * The tag of an image reference: `latest` where it names neither tag nor digest, '' where a digest stands alone
 * or the reference is no image name.
 */
export function imageTag(image: string): string {
  if (!isReference(image)) return '';
  const at = image.indexOf('@');
  const name = at < 0 ? image : image.slice(0, at);
  const colon = name.lastIndexOf(':');
  if (colon > name.lastIndexOf('/')) return name.slice(colon + 1);
  return at < 0 ? 'latest' : '';
}

// distribution/reference: optional domain, lower case path components, tag, digest.
const component = '[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*';
const domain =
  '(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?';
const referencePattern = new RegExp(
  `^(?:${domain}/)?${component}(?:/${component})*(?::[\\w][\\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$`,
);

// The same few images come by the thousand.
const known = new Map<string, boolean>();
const knownLimit = 1024;

function isReference(image: string): boolean {
  const cached = known.get(image);
  if (cached !== undefined) return cached;
  const result = image.length < 1024 && referencePattern.test(image);
  if (known.size >= knownLimit) known.clear();
  known.set(image, result);
  return result;
}
