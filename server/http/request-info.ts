// The URL, parsed once: what upstream's RequestInfo says of a request (k8s.io/apiserver pkg/endpoints/request/requestinfo.go).

export interface RequestInfo {
  isResourceRequest: boolean;
  /** get, list, watch, create, update, patch, delete, deletecollection; for other paths the method in lower case. */
  verb: string;
  path: string;
  group: string;
  version: string;
  namespace: string;
  resource: string;
  subresource: string;
  name: string;
  /** Path segments after the subresource (`proxy/a/b`). */
  rest: string[];
  query: URLSearchParams;
}

const noQuery = new URLSearchParams();

const verbs: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** Subresources of a namespace itself, rather than resources within it. */
const namespaceSubresources = new Set(['status', 'finalize']);

function decodeSegment(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function nonResource(method: string, path: string, query: URLSearchParams): RequestInfo {
  return {
    isResourceRequest: false,
    verb: method.toLowerCase(),
    path,
    group: '',
    version: '',
    namespace: '',
    resource: '',
    subresource: '',
    name: '',
    rest: [],
    query,
  };
}

/** The verb of a request to a resource: a list is a get without a name, a watch a list with `watch=true`. */
function resourceVerb(method: string, name: string, query: URLSearchParams): string {
  const verb = verbs[method] ?? '';
  if (name !== '' && !(verb === 'get' && query.has('fieldSelector'))) return verb;
  if (verb === 'get' && name === '') return isTrue(query.get('watch')) ? 'watch' : 'list';
  if (verb === 'delete' && name === '') return 'deletecollection';
  return verb;
}

/** Booleans as Go's query conversion reads them: anything but `false` and `0` is true. */
export function isTrue(value: string | null): boolean {
  return value !== null && value !== 'false' && value !== '0';
}

export function parseRequest(method: string, url: string): RequestInfo {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = mark < 0 ? noQuery : new URLSearchParams(url.slice(mark + 1));
  const parts = path.split('/');
  // A leading slash gives an empty first part; a trailing one an empty last.
  let at = 1;
  let group = '';
  if (parts[1] === 'api') at = 2;
  else if (parts[1] === 'apis') {
    group = parts[2] ?? '';
    at = 3;
  } else return nonResource(method, path, query);
  const version = parts[at] ?? '';
  at++;
  const end = parts[parts.length - 1] === '' ? parts.length - 1 : parts.length;
  if (end <= at || (parts[1] === 'apis' && group === '')) return nonResource(method, path, query);

  let namespace = '';
  let resource = parts[at]!;
  // The legacy `/watch/` prefix makes a watch of what follows.
  let legacyWatch = false;
  if (resource === 'watch' && end > at + 1) {
    legacyWatch = true;
    at++;
    resource = parts[at]!;
  }
  let name = '';
  let subresource = '';
  let rest: string[] = [];
  if (resource === 'namespaces' && end > at + 1 && parts[1] !== undefined) {
    namespace = decodeSegment(parts[at + 1]!);
    if (end > at + 2 && !namespaceSubresources.has(parts[at + 2]!)) {
      resource = parts[at + 2]!;
      at += 2;
    }
  }
  if (end > at + 1) name = decodeSegment(parts[at + 1]!);
  if (end > at + 2) {
    subresource = parts[at + 2]!;
    rest = parts.slice(at + 3, end);
  }
  const verb = legacyWatch ? 'watch' : resourceVerb(method, name, query);
  return { isResourceRequest: true, verb, path, group, version, namespace, resource, subresource, name, rest, query };
}
