import { describe, expect, test } from '@jest/globals';
import { isTrue, parseRequest } from './request-info.ts';

/** verb group/version namespace resource/subresource name rest, `-` for nothing. */
function brief(method: string, url: string): string {
  const info = parseRequest(method, url);
  if (!info.isResourceRequest) return `${info.verb} ${info.path}`;
  const { verb, group, version, namespace, resource, subresource, name, rest } = info;
  return [
    verb,
    `${group}/${version}`,
    namespace || '-',
    [resource, subresource].filter(Boolean).join('/'),
    name || '-',
    ...rest,
  ].join(' ');
}

describe('parseRequest', () => {
  test.each([
    ['GET', '/api/v1/pods', 'list /v1 - pods -'],
    ['GET', '/api/v1/pods?watch=true', 'watch /v1 - pods -'],
    ['GET', '/api/v1/pods?watch=false', 'list /v1 - pods -'],
    ['GET', '/api/v1/watch/pods', 'watch /v1 - pods -'],
    ['GET', '/api/v1/watch/namespaces/n/pods/p', 'watch /v1 n pods p'],
    ['GET', '/api/v1/namespaces', 'list /v1 - namespaces -'],
    ['GET', '/api/v1/namespaces/n', 'get /v1 n namespaces n'],
    ['PUT', '/api/v1/namespaces/n/finalize', 'update /v1 n namespaces/finalize n'],
    ['PATCH', '/api/v1/namespaces/n/status', 'patch /v1 n namespaces/status n'],
    ['POST', '/api/v1/namespaces/n/pods', 'create /v1 n pods -'],
    ['DELETE', '/api/v1/namespaces/n/pods', 'deletecollection /v1 n pods -'],
    ['DELETE', '/api/v1/namespaces/n/pods/p', 'delete /v1 n pods p'],
    ['POST', '/api/v1/namespaces/n/pods/p/eviction', 'create /v1 n pods/eviction p'],
    ['GET', '/api/v1/nodes/n/proxy/a/b', 'get /v1 - nodes/proxy n a b'],
    ['GET', '/apis/apps/v1/namespaces/n/deployments/d/scale', 'get apps/v1 n deployments/scale d'],
    ['HEAD', '/apis/apps/v1/deployments', 'list apps/v1 - deployments -'],
    [
      'GET',
      '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode',
      'get rbac.authorization.k8s.io/v1 - clusterroles system:node',
    ],
    ['GET', '/apis/apps/v1/namespaces/n/deployments/', 'list apps/v1 n deployments -'],
    ['GET', '/api', 'get /api'],
    ['GET', '/api/v1', 'get /api/v1'],
    ['GET', '/apis/apps', 'get /apis/apps'],
    ['GET', '/apis/apps/v1', 'get /apis/apps/v1'],
    ['GET', '/livez?verbose', 'get /livez'],
    ['POST', '/', 'post /'],
  ])('%s %s', (method, url, expected) => {
    expect(brief(method, url)).toBe(expected);
  });

  test('a segment that is no URL encoding is taken as it is', () => {
    expect(parseRequest('GET', '/api/v1/nodes/%zz').name).toBe('%zz');
  });
});

test.each([
  [null, false],
  ['', true],
  ['1', true],
  ['true', true],
  ['false', false],
  ['0', false],
])('isTrue(%j) is %j', (value, expected) => {
  expect(isTrue(value)).toBe(expected);
});
