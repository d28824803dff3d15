/**
 * All libraries of the base environment. Behaviour: apiserver pkg/cel/environment/base.go.
 */
import type { Implementation, OverloadRow } from '../functions.ts';
import { addressRows } from './addresses.ts';
import { authorizerRows } from './authorizers.ts';
import { conversionRows } from './conversions.ts';
import { formatRows } from './formats.ts';
import { listRows } from './lists.ts';
import { operatorRows } from './operators.ts';
import { optionalRows } from './optionals.ts';
import { quantityRows } from './quantities.ts';
import { regexRows } from './regex.ts';
import { semverRows } from './semvers.ts';
import { stringRows } from './strings.ts';
import { timeRows } from './times.ts';
import { urlRows } from './urls.ts';

/** The rows of the base environment. */
export function libraryRows(): OverloadRow[] {
  const operators = operatorRows();
  const add = operators.find(([name]) => name === '_+_')?.[3] as Implementation;
  return [
    ...operators,
    ...conversionRows(),
    ...timeRows(),
    ...stringRows(),
    ...regexRows(),
    ...listRows(add),
    ...optionalRows(),
    ...urlRows(),
    ...quantityRows(),
    ...addressRows(),
    ...formatRows(),
    ...semverRows(),
    ...authorizerRows(),
  ];
}

/** Of mutating admission policies only: `jsonpatch.escapeKey`. */
export function jsonPatchRows(): OverloadRow[] {
  const escapeKey = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');
  return [['jsonpatch.escapeKey', 'string_jsonpatch_escapeKey_string', '(string) string', escapeKey]];
}
