// What tests of plugins stand on: objects in memory, one user, and a chain of all default plugins (or of those that are enabled).
import type { JsonObject, KubeObject } from '../../apimachinery/object.ts';
import { MemoryObjects } from '../auth/memory-objects.ts';
import type { Authorizer } from '../auth/types.ts';
import type { ResourceDescriptor } from '../registry/descriptor.ts';
import { admissionChain, selectPlugins } from './chain.ts';
import type { PluginContext } from './plugin.ts';
import type { AdmissionAttributes } from './types.ts';

/** The world of one test; `resetState` begins it. */
export const state = {
  objects: new MemoryObjects(),
  /** How often plugins asked for the newest objects. */
  freshened: 0,
  /** `verb name` of what the user may do. */
  allowed: [] as string[],
  /** What appears in the cache only when it is waited for. */
  late: undefined as (() => Promise<unknown>) | undefined,
  /** By plugin, as of --admission-control-config-file. */
  configuration: {} as Record<string, JsonObject>,
  warnings: [] as string[],
};

/** An empty world with namespace `dev` and its default service account. */
export async function resetState(): Promise<void> {
  Object.assign(state, {
    objects: new MemoryObjects(),
    freshened: 0,
    allowed: [],
    late: undefined,
    configuration: {},
    warnings: [],
  });
  await put('namespaces', '', object('Namespace', 'dev', { status: { phase: 'Active' } }));
  await put('serviceaccounts', 'dev', object('ServiceAccount', 'default'));
}

export function context(): PluginContext {
  const authorizer: Authorizer = {
    authorize: ({ verb, name }) => ({
      decision: state.allowed.includes(`${verb} ${name}`) ? 'Allow' : 'NoOpinion',
      reason: '',
    }),
    rulesFor: () => ({ resourceRules: [], nonResourceRules: [], incomplete: false }),
  };
  const fresh = async () => {
    state.freshened++;
    await state.late?.();
  };
  return {
    objects: state.objects,
    writer: state.objects,
    authorizer,
    fresh,
    configuration: (plugin) => state.configuration[plugin],
    descriptors: () => descriptors,
  };
}

const descriptors = [
  { group: 'apps', version: 'v1', kind: 'ReplicaSet', resource: 'replicasets', namespaced: true },
] as unknown as ResourceDescriptor[];

const groups: Record<string, string> = {
  ingresses: 'networking.k8s.io',
  priorityclasses: 'scheduling.k8s.io',
  certificatesigningrequests: 'certificates.k8s.io',
  volumeattributesclasses: 'storage.k8s.io',
  csinodes: 'storage.k8s.io',
  localsubjectaccessreviews: 'authorization.k8s.io',
  deployments: 'apps',
  leases: 'coordination.k8s.io',
  resourceslices: 'resource.k8s.io',
};

export function attributes(resource: string, more: Partial<AdmissionAttributes> = {}): AdmissionAttributes {
  return {
    operation: 'CREATE',
    descriptor: { group: groups[resource] ?? '', version: 'v1', resource } as ResourceDescriptor,
    subresource: '',
    namespace: '',
    name: more.object?.metadata.name ?? '',
    object: undefined,
    old: undefined,
    options: {},
    user: { name: 'jane', groups: [] },
    dryRun: false,
    warn: (message) => void state.warnings.push(message),
    ...more,
  };
}

export function object(kind: string, name: string, more: object = {}, metadata: object = {}): KubeObject {
  return { apiVersion: 'v1', kind, metadata: { name, ...metadata }, ...structuredClone(more) };
}

export function put(resource: string, namespace: string, made: KubeObject): Promise<KubeObject> {
  return state.objects.create(resource, namespace, made);
}

/** Passes the write through the chain; gives the object as it is then, or throws the refusal. */
export async function admit(given: AdmissionAttributes, enable: string[] = []): Promise<KubeObject | undefined> {
  const chain = admissionChain(selectPlugins({ enable, disable: [] }, context()));
  try {
    await chain.admit(given);
    await chain.validate(given);
  } finally {
    chain.close();
  }
  return given.object;
}
