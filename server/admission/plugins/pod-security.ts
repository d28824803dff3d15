// Pods keep to the Pod Security Standard that their namespace's labels ask for (k8s.io/pod-security-admission admission.go):
// enforced on pods, audited and warned about on pods and what makes them.
import { newInvalid } from '../../../apimachinery/field.ts';
import type { JsonObject, KubeObject, ObjectMeta } from '../../../apimachinery/object.ts';
import { newInternalError } from '../../../apimachinery/status.ts';
import { type Fields, listOf } from '../../registry/fields.ts';
import { forbidden, type PluginContext, resourceOf, type ScopedPlugin } from '../plugin.ts';
import { detailOf, reasonOf, violationsOf } from '../pod-security/evaluate.ts';
import {
  compareLevels,
  isFullyPrivileged,
  type LevelVersion,
  levelLabel,
  modes,
  type Policy,
  parseLevel,
  parseVersion,
  policyOf,
  samePolicy,
  showLevelVersion,
  versionLabel,
} from '../pod-security/levels.ts';
import type { AdmissionAttributes } from '../types.ts';

const ignoredSubresources = new Set(['exec', 'attach', 'binding', 'eviction', 'log', 'portforward', 'proxy', 'status']);
/** Existing pods that are looked at when a namespace begins to enforce more. */
const maxPodsToCheck = 3000;

type Template = { metadata?: ObjectMeta; spec?: Fields } | undefined;

/** Where each kind keeps the pods that it makes. */
const templates: Readonly<Record<string, (object: Fields) => Template>> = {
  podtemplates: ({ template }) => template,
  replicationcontrollers: ({ spec }) => spec?.template,
  'replicasets.apps': ({ spec }) => spec?.template,
  'deployments.apps': ({ spec }) => spec?.template,
  'statefulsets.apps': ({ spec }) => spec?.template,
  'daemonsets.apps': ({ spec }) => spec?.template,
  'jobs.batch': ({ spec }) => spec?.template,
  'cronjobs.batch': ({ spec }) => spec?.jobTemplate?.spec?.template,
};

interface Configuration {
  defaults: Policy;
  exemptions: { usernames: string[]; namespaces: string[]; runtimeClasses: string[] };
}

/** A PodSecurityConfiguration. Throws where it names a level or a version that there is not. */
function readConfiguration(given: JsonObject | undefined): Configuration {
  const defaults = (given?.['defaults'] ?? {}) as Record<string, string>;
  const exemptions = (given?.['exemptions'] ?? {}) as Record<string, string[]>;
  const read = (mode: (typeof modes)[number]): LevelVersion => {
    const level = parseLevel(defaults[mode] ?? 'privileged');
    const version = parseVersion(defaults[`${mode}-version`] ?? 'latest');
    if (level === undefined || version === undefined) throw new Error(`PodSecurity: defaults.${mode} is invalid`);
    return { level, version };
  };
  return {
    defaults: { enforce: read('enforce'), audit: read('audit'), warn: read('warn') },
    exemptions: {
      usernames: exemptions['usernames'] ?? [],
      namespaces: exemptions['namespaces'] ?? [],
      runtimeClasses: exemptions['runtimeClasses'] ?? [],
    },
  };
}

/** Only other images, and more containers, can make a pod that runs already violate anything. */
function isSignificantUpdate(spec: Fields, old: Fields): boolean {
  for (const field of ['containers', 'initContainers']) {
    const [now, before] = [listOf(spec[field]), listOf(old[field])];
    if (now.length !== before.length) return true;
    if (now.some(({ image }, index) => image !== before[index]!['image'])) return true;
  }
  return listOf(spec['ephemeralContainers']).some(({ name, image }) => {
    const before = listOf(old['ephemeralContainers']).find((other) => other['name'] === name);
    return before === undefined || before['image'] !== image;
  });
}

/** The pods of different controllers first: those of one are much alike. */
function prioritized(pods: readonly KubeObject[]): KubeObject[] {
  const seen = new Set<string>();
  const later: KubeObject[] = [];
  const first = pods.filter((pod) => {
    const owner = listOf(pod.metadata.ownerReferences).find(({ controller }) => controller === true);
    if (owner === undefined || !seen.has(owner['uid'])) {
      if (owner !== undefined) seen.add(owner['uid']);
      return true;
    }
    later.push(pod);
    return false;
  });
  return [...first, ...later];
}

/** Warnings about the pods that a namespace has already, when it begins to enforce `level`. */
function warningsOfPods(namespace: string, all: readonly KubeObject[], level: LevelVersion): string[] {
  const pods = prioritized(all).slice(0, maxPodsToCheck);
  const names = new Map<string, string[]>();
  for (const pod of pods) {
    const violations = violationsOf(level, pod['spec'] ?? {}, pod.metadata);
    if (violations.length === 0) continue;
    const reason = reasonOf(violations);
    names.set(reason, [...(names.get(reason) ?? []), pod.metadata.name!]);
  }
  const others = (count: number) => (count === 0 ? '' : ` (and ${count} other ${count === 1 ? 'pod' : 'pods'})`);
  const warnings = [...names].map(
    ([reason, violating]) => `${violating.sort()[0]}${others(violating.length - 1)}: ${reason}`,
  );
  return [
    ...(pods.length < all.length
      ? [`new PodSecurity enforce level only checked against the first ${pods.length} of ${all.length} existing pods`]
      : []),
    ...(warnings.length > 0
      ? [
          `existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level ${JSON.stringify(showLevelVersion(level))}`,
        ]
      : []),
    ...warnings.sort(),
  ];
}

class PodSecurity {
  readonly #context: PluginContext;
  readonly #configuration: Configuration;

  constructor(context: PluginContext) {
    this.#context = context;
    this.#configuration = readConfiguration(context.configuration('PodSecurity'));
  }

  validateNamespace(attributes: AdmissionAttributes): void {
    const { object, old, subresource, name } = attributes;
    if (subresource !== '' || object === undefined) return;
    const { defaults } = this.#configuration;
    const { policy, errors } = policyOf(object.metadata.labels, defaults);
    if (errors.length > 0) {
      const before = old === undefined ? [] : policyOf(old.metadata.labels, defaults).errors;
      if (JSON.stringify(errors) !== JSON.stringify(before))
        throw newInvalid({ group: '', kind: 'Namespace' }, name, errors);
    }
    if (old !== undefined && !this.#isStricter(policy.enforce, policyOf(old.metadata.labels, defaults).policy.enforce))
      return;
    if (this.#configuration.exemptions.namespaces.includes(name)) {
      this.#warnOfExemption(attributes, policy);
      return;
    }
    if (old === undefined) return;
    const pods = this.#context.objects
      .resource('pods')
      .list(name)
      .filter((pod) => !this.#isExemptClass(pod['spec']));
    for (const warning of warningsOfPods(name, pods, policy.enforce)) attributes.warn(warning);
  }

  #isStricter(now: LevelVersion, before: LevelVersion): boolean {
    if (now.level === 'privileged') return false;
    return now.version !== before.version || compareLevels(now.level, before.level) > 0;
  }

  /** Labels that say something and will not be heard. */
  #warnOfExemption({ name, object, warn }: AdmissionAttributes, policy: Policy): void {
    if (isFullyPrivileged(policy) || samePolicy(policy, this.#configuration.defaults)) return;
    const labels = object!.metadata.labels ?? {};
    const said = modes
      .filter((mode) => policy[mode].level !== 'privileged')
      .filter((mode) => labels[levelLabel(mode)] !== undefined || labels[versionLabel(mode)] !== undefined)
      .map((mode) => `${mode}=${showLevelVersion(policy[mode])}`);
    warn(
      `namespace ${JSON.stringify(name)} is exempt from Pod Security, and the policy (${said.join(', ')}) will be ignored`,
    );
  }

  #isExemptClass(spec: Fields | undefined): boolean {
    const runtimeClass = spec?.['runtimeClassName'];
    return runtimeClass !== undefined && this.#configuration.exemptions.runtimeClasses.includes(runtimeClass);
  }

  #isExempt({ namespace, user }: AdmissionAttributes): boolean {
    const { namespaces, usernames } = this.#configuration.exemptions;
    return namespaces.includes(namespace) || usernames.includes(user.name);
  }

  /** The namespace's policy; undefined where there is no such namespace. */
  #policyFor(namespace: string): Policy | undefined {
    const found = this.#context.objects.resource('namespaces').get('', namespace);
    return found === undefined ? undefined : policyOf(found.metadata.labels, this.#configuration.defaults).policy;
  }

  validatePod(attributes: AdmissionAttributes): void | Promise<void> {
    if (ignoredSubresources.has(attributes.subresource) || this.#isExempt(attributes)) return;
    const policy = this.#policyFor(attributes.namespace);
    if (policy !== undefined) return this.#checkPod(attributes, policy);
    return this.#context.fresh().then(() => {
      const later = this.#policyFor(attributes.namespace);
      if (later === undefined)
        throw newInternalError(`failed to lookup namespace ${JSON.stringify(attributes.namespace)}`);
      this.#checkPod(attributes, later);
    });
  }

  #checkPod(attributes: AdmissionAttributes, policy: Policy): void {
    if (isFullyPrivileged(policy)) return;
    const { object, old } = attributes;
    const spec = (object?.['spec'] ?? {}) as Fields;
    if (old !== undefined && !isSignificantUpdate(spec, (old['spec'] ?? {}) as Fields)) return;
    this.#evaluate(attributes, policy, spec, object!.metadata, true);
  }

  /** Never refused: the pods that it makes will be. */
  validateController(attributes: AdmissionAttributes): void {
    const { object, subresource, namespace } = attributes;
    if (subresource !== '' || this.#isExempt(attributes)) return;
    const policy = this.#policyFor(namespace);
    if (policy === undefined || (policy.warn.level === 'privileged' && policy.audit.level === 'privileged')) return;
    const template = templates[resourceOf(attributes)]!(object as Fields);
    if (template) this.#evaluate(attributes, policy, template.spec ?? {}, template.metadata ?? {}, false);
  }

  #evaluate(
    attributes: AdmissionAttributes,
    { enforce, audit, warn }: Policy,
    spec: Fields,
    metadata: ObjectMeta,
    enforced: boolean,
  ): void {
    if (this.#isExemptClass(spec)) return;
    const show = (level: LevelVersion) => JSON.stringify(showLevelVersion(level));
    const note = (key: string, value: string) => attributes.annotate?.(`pod-security.kubernetes.io/${key}`, value);
    if (enforced) note('enforce-policy', showLevelVersion(enforce));
    const audited = violationsOf(audit, spec, metadata);
    if (audited.length > 0) note('audit-violations', `would violate PodSecurity ${show(audit)}: ${detailOf(audited)}`);
    const refused = enforced ? violationsOf(enforce, spec, metadata) : [];
    if (refused.length > 0) throw forbidden(attributes, `violates PodSecurity ${show(enforce)}: ${detailOf(refused)}`);
    const warned = violationsOf(warn, spec, metadata);
    if (warned.length > 0) attributes.warn(`would violate PodSecurity ${show(warn)}: ${detailOf(warned)}`);
  }
}

export function podSecurity(context: PluginContext): ScopedPlugin {
  const security = new PodSecurity(context);
  return {
    name: 'PodSecurity',
    operations: ['CREATE', 'UPDATE'],
    resources: ['namespaces', 'pods', ...Object.keys(templates)],
    validate(attributes) {
      const resource = resourceOf(attributes);
      if (resource === 'pods') return security.validatePod(attributes);
      if (resource === 'namespaces') return security.validateNamespace(attributes);
      return security.validateController(attributes);
    },
  };
}
