// The admission chain (k8s.io/apiserver pkg/admission chain.go): every plugin in order, first those that may change the
// object, then those that may only refuse. Promises appear only where a plugin needs one.
import { type PluginContext, resourceOf, type ScopedPlugin } from './plugin.ts';
import { pluginTable } from './plugins.ts';
import type { AdmissionAttributes, AdmissionChain } from './types.ts';

export interface PluginSelection {
  /** --enable-admission-plugins: in addition to the default ones. */
  enable: readonly string[];
  /** --disable-admission-plugins. */
  disable: readonly string[];
}

type Verb = 'admit' | 'validate';
type Step = (attributes: AdmissionAttributes) => void | Promise<void>;

function runSteps(steps: readonly Step[], attributes: AdmissionAttributes, from = 0): void | Promise<void> {
  for (let at = from; at < steps.length; at++) {
    const pending = steps[at]!(attributes);
    if (pending !== undefined) return pending.then(() => runSteps(steps, attributes, at + 1));
  }
}

/** The second round, where a plugin asked for one. */
function reinvoke(steps: readonly Step[], attributes: AdmissionAttributes): void | Promise<void> {
  const { reinvocation } = attributes;
  if (!reinvocation?.wanted || reinvocation.running) return;
  reinvocation.running = true;
  return runSteps(steps, attributes);
}

/** Runs the given plugins in the given order. `close` frees what they hold. */
export function admissionChain(plugins: readonly ScopedPlugin[]): AdmissionChain & { close(): void } {
  const known = new Map<string, Step[]>();
  const stepsFor = (verb: Verb, attributes: AdmissionAttributes): Step[] => {
    const resource = resourceOf(attributes);
    const key = `${verb} ${attributes.operation} ${resource}`;
    let steps = known.get(key);
    if (steps === undefined) {
      steps = plugins
        .filter((plugin) => plugin.operations.includes(attributes.operation))
        .filter((plugin) => plugin.resources === undefined || plugin.resources.includes(resource))
        .flatMap((plugin) => (plugin[verb] === undefined ? [] : [plugin[verb].bind(plugin)]));
      known.set(key, steps);
    }
    return steps;
  };
  return {
    admit(attributes) {
      const pending = runSteps(stepsFor('admit', attributes), attributes);
      if (pending !== undefined) return pending.then(() => reinvoke(stepsFor('admit', attributes), attributes));
      return reinvoke(stepsFor('admit', attributes), attributes);
    },
    validate: (attributes) => runSteps(stepsFor('validate', attributes), attributes),
    close() {
      for (const plugin of plugins) plugin.close?.();
    },
  };
}

/**
 * The plugins to run, in upstream's order. Throws for names that no Kubernetes knows, for plugins both enabled and disabled, and for
 * those enabled that this server does not have.
 */
export function selectPlugins({ enable, disable }: PluginSelection, context: PluginContext): ScopedPlugin[] {
  const names = new Set(pluginTable.map(({ name }) => name));
  for (const [flag, list] of [
    ['enable', enable],
    ['disable', disable],
  ] as const) {
    const unknown = list.find((name) => !names.has(name));
    if (unknown !== undefined)
      throw new Error(`${flag}-admission-plugins plugin ${JSON.stringify(unknown)} is unknown`);
  }
  const both = enable.filter((name) => disable.includes(name));
  if (both.length > 0)
    throw new Error(`[${both.join(' ')}] in enable-admission-plugins and disable-admission-plugins overlapped`);
  const here = pluginTable.filter(({ make }) => make !== undefined).map(({ name }) => name);
  const missing = enable.find((name) => !here.includes(name));
  if (missing !== undefined)
    throw new Error(
      `enable-admission-plugins plugin ${JSON.stringify(missing)} is not in this server, which has ${here.join(', ')}`,
    );
  return pluginTable
    .filter(({ name, byDefault }) => (byDefault || enable.includes(name)) && !disable.includes(name))
    .flatMap(({ make }) => (make === undefined ? [] : [make(context)]));
}
