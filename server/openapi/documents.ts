// Which paths stand in which OpenAPI document: OpenAPI v3 has one document per group version (and one for every other path),
// v2 has all in one.

import { type ServedGroup, type ServedVersion, servedGroups } from '../discovery/groups.ts';
import { patchMediaTypes } from '../http/negotiate.ts';
import type { ResourceDescriptor } from '../registry/descriptor.ts';
import { customResourcePaths } from './custom-operations.ts';
import { groupTitle, groupVersionPath, type Operation, type Path, resourcePaths, tagOf } from './operations.ts';

/** What goes into one OpenAPI v3 document. */
export interface DocumentPlan {
  /** As the index names it: `api/v1`, `apis/apps/v1`, `version`. */
  name: string;
  /** The group version whose kinds it names; undefined for documents without resources. */
  groupVersion?: { group: string; version: string };
  /** The resources of that group version. */
  resources: readonly ResourceDescriptor[];
  paths(): Path[];
}

const metaPackage = 'io.k8s.apimachinery.pkg.apis.meta.v1';

type SimplePath = Pick<Operation, 'operationId' | 'tag' | 'description' | 'answer' | 'media'>;

function simplePath(path: string, operation: SimplePath): Path {
  return { path: `${path}/`, operations: [{ ...operation, method: 'get', parameters: [], moreCodes: [] }] };
}

/** The documents for a list of resources, in the order of the index. */
export function documentPlans(resources: readonly ResourceDescriptor[]): DocumentPlan[] {
  const groups = servedGroups(resources);
  const plans = [
    ...otherPlans(),
    ...groups.flatMap((group) => [
      ...(group.versions.every(isCustom) ? [] : [groupPlan(group)]),
      ...group.versions.map((served) => versionPlan(group.name, served)),
    ]),
  ];
  return plans.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Only custom resources are in it: upstream's documents leave out its discovery. */
function isCustom({ resources }: ServedVersion): boolean {
  return resources.every(({ custom }) => custom !== undefined);
}

function groupPlan(group: ServedGroup): DocumentPlan {
  if (group.name === '') {
    return {
      name: 'api',
      resources: [],
      paths: () => [
        simplePath('/api', {
          operationId: 'getCoreAPIVersions',
          tag: 'core',
          description: 'lists the versions of the core group',
          answer: `${metaPackage}.APIVersions`,
          media: 'object',
        }),
      ],
    };
  }
  return {
    name: `apis/${group.name}`,
    resources: [],
    paths: () => [
      simplePath(`/apis/${group.name}`, {
        operationId: `get${groupTitle(group.name)}APIGroup`,
        tag: tagOf(group.name),
        description: 'describes a group',
        answer: `${metaPackage}.APIGroup`,
        media: 'object',
      }),
    ],
  };
}

function versionPlan(group: string, served: ServedVersion): DocumentPlan {
  const { version } = served;
  const path = groupVersionPath(group, version);
  const resourceListPath = (): Path =>
    simplePath(path, {
      operationId: `get${groupTitle(group)}${version.charAt(0).toUpperCase()}${version.slice(1)}APIResources`,
      tag: tagOf(group, version),
      description: 'lists the resources of a group version',
      answer: `${metaPackage}.APIResourceList`,
      media: 'object',
    });
  return {
    name: path.slice(1),
    groupVersion: { group, version },
    resources: served.resources,
    paths: () => [
      ...(isCustom(served) ? [] : [resourceListPath()]),
      ...served.resources.flatMap((resource) =>
        resource.custom === undefined
          ? resourcePaths({ resource, group, version })
          : customResourcePaths({ resource, group, version }),
      ),
    ],
  };
}
function otherPlans(): DocumentPlan[] {
  const plan = (name: string, operation: SimplePath): DocumentPlan => ({
    name,
    resources: [],
    paths: () => [simplePath(`/${name}`, operation)],
  });
  return [
    plan('.well-known/openid-configuration', {
      operationId: 'getServiceAccountIssuerOpenIDConfiguration',
      tag: 'WellKnown',
      description: 'describes the issuer of service account tokens',
      answer: undefined,
      media: 'json',
    }),
    plan('apis', {
      operationId: 'getAPIVersions',
      tag: 'apis',
      description: 'lists the groups',
      answer: `${metaPackage}.APIGroupList`,
      media: 'object',
    }),
    plan('openid/v1/jwks', {
      operationId: 'getServiceAccountIssuerOpenIDKeyset',
      tag: 'openid',
      description: 'lists the public keys that service account tokens are verified with',
      answer: undefined,
      media: 'keys',
    }),
    plan('version', {
      operationId: 'getCodeVersion',
      tag: 'version',
      description: 'tells the version of the server',
      answer: 'io.k8s.apimachinery.pkg.version.Info',
      media: 'plain-json',
    }),
  ];
}

/** The definitions that operations speak of themselves. */
export function definitionsOfPaths(paths: readonly Path[]): Set<string> {
  const names = new Set<string>();
  for (const operation of paths.flatMap(({ operations }) => operations)) {
    if (operation.answer !== undefined) names.add(operation.answer);
    if (operation.body !== undefined) names.add(operation.body.definition);
  }
  return names;
}

/** The parameters that all operations of a path share, and so stand beside them; in the order of their names. */
export function sharedParameters({ operations }: Path): Set<Operation['parameters'][number]> {
  const [first, ...others] = operations;
  const shared = (first?.parameters ?? []).filter((parameter) =>
    others.every(({ parameters }) => parameters.some((p) => sameParameter(p, parameter))),
  );
  return new Set(byName(shared));
}

export function sameParameter(a: Operation['parameters'][number], b: Operation['parameters'][number]): boolean {
  return a.name === b.name && a.in === b.in && a.description === b.description;
}

export function byName<Named extends { name: string }>(parameters: readonly Named[]): Named[] {
  return [...parameters].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** The types in which a body may be sent: each kind of patch that there is, or whatever objects are written in. */
export function consumedTypes({ media, body }: Operation, otherwise: readonly string[]): readonly string[] {
  if (body?.patch) return media === 'custom' ? customPatchMediaTypes : patchMediaTypes;
  return media === 'custom' ? ['application/json', 'application/yaml'] : otherwise;
}

/** Custom resources know no strategic merge patch. */
const customPatchMediaTypes: readonly string[] = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/apply-patch+yaml',
];

/** HTTP's words for the codes that operations answer with. */
export const codeWords: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  401: 'Unauthorized',
};
