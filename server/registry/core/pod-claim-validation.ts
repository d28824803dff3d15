// Claims of devices by a pod (validatePodResourceClaims).
import { duplicate, type FieldError, forbidden, invalid, required } from '../../../apimachinery/field.ts';
import { nameIsDNSSubdomain } from '../../../apimachinery/names.ts';
import type { Fields } from '../fields.ts';
import { checkDNS1123Label, pushInvalid } from './checks.ts';

/** `isStatic` is true for the mirror of a pod that a node runs by itself. */
export function checkPodResourceClaims(
  claims: readonly Fields[],
  isStatic: boolean,
  path: string,
  errors: FieldError[],
): void {
  const names = new Set<string>();
  claims.forEach((claim, i) => {
    if (isStatic) errors.push(forbidden('', 'static pods do not support resource claims'));
    else checkClaim(claim, names, `${path}[${i}]`, errors);
  });
}

function checkClaim(claim: Fields, names: Set<string>, path: string, errors: FieldError[]): void {
  const { name = '', resourceClaimName: direct, resourceClaimTemplateName: template } = claim;
  if (name === '') errors.push(required(`${path}.name`));
  else if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
  else {
    checkDNS1123Label(name, `${path}.name`, errors);
    names.add(name);
  }
  const shown = { Name: name, ResourceClaimName: direct ?? null, ResourceClaimTemplateName: template ?? null };
  if (direct !== undefined && template !== undefined) {
    const detail = 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified';
    errors.push(invalid(path, shown, detail));
  }
  if (direct === undefined && template === undefined) {
    errors.push(invalid(path, shown, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'));
  }
  if (direct !== undefined) pushInvalid(errors, `${path}.resourceClaimName`, direct, nameIsDNSSubdomain(direct, false));
  if (template !== undefined) {
    pushInvalid(errors, `${path}.resourceClaimTemplateName`, template, nameIsDNSSubdomain(template, false));
  }
}
