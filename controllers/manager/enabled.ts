// Which controllers run (k8s.io/controller-manager app/helper.go IsControllerEnabled, options/generic.go Validate).
import type { ControllerDescriptor } from './descriptor.ts';

/** The descriptors that `--controllers` selects. Throws for a name that no controller has. */
export function enabledControllers(
  descriptors: readonly ControllerDescriptor[],
  selected: readonly string[],
): ControllerDescriptor[] {
  const names = new Map<string, string>();
  for (const { name, aliases = [] } of descriptors) for (const known of [name, ...aliases]) names.set(known, name);
  const choices = selected.map((choice) => {
    if (choice === '*') return choice;
    const off = choice.startsWith('-');
    const name = names.get(off ? choice.slice(1) : choice);
    if (name === undefined)
      throw new Error(`${JSON.stringify(off ? choice.slice(1) : choice)} is not in the list of known controllers`);
    return off ? `-${name}` : name;
  });
  return descriptors.filter(({ name, disabledByDefault = false }) => {
    const explicit = choices.find((choice) => choice === name || choice === `-${name}`);
    return explicit === undefined ? choices.includes('*') && !disabledByDefault : explicit === name;
  });
}
