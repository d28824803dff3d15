// A pod's priority comes from its PriorityClass, and there is one default class (kubernetes plugin/pkg/admission/priority).
import type { KubeObject } from '../../../apimachinery/object.ts';
import { forbidden, type PluginContext, resourceOf, type ScopedPlugin } from '../plugin.ts';
import type { AdmissionAttributes } from '../types.ts';
import { type PodSpec, podSpecOf } from './pod-spec.ts';

const priorityClasses = 'priorityclasses.scheduling.k8s.io';

interface Priority {
  name: string;
  value: number;
  preemptionPolicy: string | undefined;
}

const withoutClass: Priority = { name: '', value: 0, preemptionPolicy: 'PreemptLowerPriority' };

function priorityOf(priorityClass: KubeObject): Priority {
  const { value, preemptionPolicy } = priorityClass;
  return { name: priorityClass.metadata.name!, value: value ?? 0, preemptionPolicy };
}

function setPriority(
  attributes: AdmissionAttributes,
  spec: PodSpec,
  { name, value, preemptionPolicy }: Priority,
): void {
  if (name !== '') spec.priorityClassName = name;
  if (spec.priority !== undefined && spec.priority !== value)
    throw forbidden(
      attributes,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    );
  spec.priority = value;
  if (preemptionPolicy === undefined) return;
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== preemptionPolicy)
    throw forbidden(
      attributes,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${preemptionPolicy} from the given PriorityClass name`,
    );
  spec.preemptionPolicy = preemptionPolicy;
}

/** A client that read an older form must not lose what was set on create. */
function keepPriority(spec: PodSpec, old: PodSpec): void {
  if (spec.priority === undefined && old.priority !== undefined) spec.priority = old.priority;
  if (spec.preemptionPolicy === undefined && old.preemptionPolicy !== undefined)
    spec.preemptionPolicy = old.preemptionPolicy;
}

export function priority({ objects, fresh }: PluginContext): ScopedPlugin {
  const classes = objects.resource(priorityClasses);
  let defaultClass: KubeObject | null | undefined;
  const stop = classes.onChange(() => {
    defaultClass = undefined;
  });
  // With several defaults, which only a race can make, the lowest counts.
  const findDefault = (): KubeObject | null => {
    if (defaultClass === undefined) {
      const marked = classes.list().filter((candidate) => candidate['globalDefault'] === true);
      defaultClass = marked.sort((a, b) => a['value'] - b['value'])[0] ?? null;
    }
    return defaultClass;
  };

  const admitPod = (attributes: AdmissionAttributes, spec: PodSpec): void | Promise<void> => {
    const name = spec.priorityClassName ?? '';
    if (name === '') {
      const byDefault = findDefault();
      return setPriority(attributes, spec, byDefault === null ? withoutClass : priorityOf(byDefault));
    }
    const known = classes.get('', name);
    if (known !== undefined) return setPriority(attributes, spec, priorityOf(known));
    return fresh().then(() => {
      const found = classes.get('', name);
      if (found === undefined) throw forbidden(attributes, `no PriorityClass with name ${name} was found`);
      setPriority(attributes, spec, priorityOf(found));
    });
  };

  return {
    name: 'Priority',
    operations: ['CREATE', 'UPDATE'],
    resources: ['pods', priorityClasses],
    admit(attributes) {
      const { object, old, operation, subresource } = attributes;
      if (subresource !== '' || object === undefined || resourceOf(attributes) !== 'pods') return;
      if (operation === 'CREATE') return admitPod(attributes, podSpecOf(object));
      keepPriority(podSpecOf(object), old?.['spec'] ?? {});
    },
    validate(attributes) {
      const { object, operation, subresource } = attributes;
      if (subresource !== '' || resourceOf(attributes) !== priorityClasses || object?.['globalDefault'] !== true)
        return;
      const byDefault = findDefault();
      if (byDefault !== null && (operation === 'CREATE' || byDefault.metadata.name !== object.metadata.name))
        throw forbidden(
          attributes,
          `PriorityClass ${byDefault.metadata.name} is already marked as default. Only one default can exist`,
        );
    },
    close: stop,
  };
}
