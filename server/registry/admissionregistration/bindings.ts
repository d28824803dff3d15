// What the bindings of validating and of mutating policies share.
import type { KubeObject } from '../../../apimachinery/object.ts';
import type { Printer } from '../descriptor.ts';
import { age, ageColumn, column, nameColumn } from '../print.ts';
import { setMatchResourcesDefaults } from './defaults.ts';
import { paramRefCell } from './print.ts';

export const bindingPrinter: Printer = {
  columns: [
    nameColumn,
    column('PolicyName', 'PolicyName indicates the policy definition which the policy binding binded to'),
    column('ParamRef', 'ParamRef indicates the param resource which sets the configuration param'),
    ageColumn,
  ],
  cells: (object, { now }) => [
    object.metadata.name ?? '',
    object['spec']?.policyName ?? '',
    paramRefCell(object['spec']?.paramRef),
    age(object, now),
  ],
};

/** SetDefaults_MatchResources of spec.matchResources, where there is one. */
export function setBindingDefaults(object: KubeObject): void {
  setMatchResourcesDefaults(object['spec']?.matchResources);
}
