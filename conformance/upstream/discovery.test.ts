// Discovery as upstream's test/e2e/apimachinery/{discovery,aggregated_discovery}.go describe it.
import { expect } from '@jest/globals';
import type { Document } from '../api/support/client.ts';
import { until } from '../support/until.ts';
import { customResource } from './custom-resource.ts';
import { answered, judge, standsFor } from './support.ts';

const judged = judge();

/** A resource that must be in every group and version: [group, version, resource]. */
const builtIn: readonly (readonly [string, string, string])[] = [
  ['', 'v1', 'namespaces'],
  ['admissionregistration.k8s.io', 'v1', 'validatingwebhookconfigurations'],
  ['apiextensions.k8s.io', 'v1', 'customresourcedefinitions'],
  ['apiregistration.k8s.io', 'v1', 'apiservices'],
  ['apps', 'v1', 'deployments'],
  ['authentication.k8s.io', 'v1', 'tokenreviews'],
  ['authorization.k8s.io', 'v1', 'selfsubjectaccessreviews'],
  ['autoscaling', 'v1', 'horizontalpodautoscalers'],
  ['autoscaling', 'v2', 'horizontalpodautoscalers'],
  ['batch', 'v1', 'jobs'],
  ['certificates.k8s.io', 'v1', 'certificatesigningrequests'],
  ['coordination.k8s.io', 'v1', 'leases'],
  ['discovery.k8s.io', 'v1', 'endpointslices'],
  ['events.k8s.io', 'v1', 'events'],
  ['networking.k8s.io', 'v1', 'ingresses'],
  ['node.k8s.io', 'v1', 'runtimeclasses'],
  ['policy', 'v1', 'poddisruptionbudgets'],
  ['scheduling.k8s.io', 'v1', 'priorityclasses'],
  ['storage.k8s.io', 'v1', 'csinodes'],
];

const aggregated = (version: string) => ({
  accept: `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
});

/** What `/api` and `/apis` list in aggregated form, as `group/version/resource`. */
async function aggregatedResources(accept = aggregated('v2')): Promise<Set<string>> {
  const all = new Set<string>();
  for (const path of ['/api', '/apis']) {
    const list = await answered(200, judged().api.get(path, accept));
    expect(list.kind).toBe('APIGroupDiscoveryList');
    for (const { metadata, versions } of list.items as Document[])
      for (const { version, resources } of versions)
        for (const { resource } of resources) all.add(`${metadata.name ?? ''}/${version}/${resource}`);
  }
  return all;
}

standsFor(
  '[sig-api-machinery] Discovery should validate PreferredVersion for each APIGroup [Conformance]',
  async () => {
    const { api } = judged();
    const { groups } = await answered(200, api.get('/apis/'));
    expect(groups.length).toBeGreaterThan(0);
    for (const { name } of groups) {
      const group = await answered(200, api.get(`/apis/${name}/`));
      expect(group.versions.map((each: Document) => each.groupVersion)).toContain(group.preferredVersion.groupVersion);
    }
  },
);

standsFor(
  '[sig-api-machinery] Discovery should locate the groupVersion and a resource within each APIGroup [Conformance]',
  async () => {
    for (const [group, version, resource] of builtIn) {
      const groupVersion = group === '' ? version : `${group}/${version}`;
      const list = await answered(200, judged().api.get(group === '' ? `/api/${version}` : `/apis/${groupVersion}`));
      expect(list.groupVersion).toBe(groupVersion);
      expect(list.resources.map(({ name }: { name: string }) => name)).toContain(resource);
    }
  },
);

standsFor(
  '[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin] should include custom resource definition resources in discovery documents [Conformance]',
  async () => {
    const { api } = judged();
    const { groups } = await answered(200, api.get('/apis'));
    const group = groups.find(({ name }: { name: string }) => name === 'apiextensions.k8s.io');
    expect(group.versions).toContainEqual({ groupVersion: 'apiextensions.k8s.io/v1', version: 'v1' });
    expect(await answered(200, api.get('/apis/apiextensions.k8s.io'))).toMatchObject({ ...group, kind: 'APIGroup' });
    const { resources } = await answered(200, api.get('/apis/apiextensions.k8s.io/v1'));
    expect(resources.map(({ name }: { name: string }) => name)).toContain('customresourcedefinitions');
  },
);

standsFor(
  '[sig-api-machinery] AggregatedDiscovery should support raw aggregated discovery endpoint Accept headers [Conformance]',
  async () => {
    const all = await aggregatedResources();
    for (const names of builtIn) expect(all).toContain(names.join('/'));
  },
);

standsFor(
  '[sig-api-machinery] AggregatedDiscovery should support aggregated discovery interface [Conformance]',
  async () => {
    // What client-go asks for: the newest form first, then the older one, then the unaggregated documents.
    const accept = `${aggregated('v2').accept},${aggregated('v2beta1').accept},application/json`;
    const all = await aggregatedResources({ accept });
    for (const names of builtIn) expect(all).toContain(names.join('/'));
  },
);

for (const name of [
  '[sig-api-machinery] AggregatedDiscovery should support raw aggregated discovery request for CRDs [Conformance]',
  '[sig-api-machinery] AggregatedDiscovery should support aggregated discovery interface for CRDs [Conformance]',
]) {
  standsFor(name, async () => {
    const custom = await customResource(judged().api, {});
    await until('the custom resource in the document', async () =>
      (await aggregatedResources()).has(`${custom.group}/v1/${custom.plural}`),
    );
    await custom.remove();
    await until(
      'the custom resource out of the document',
      async () => !(await aggregatedResources()).has(`${custom.group}/v1/${custom.plural}`),
    );
  });
}
