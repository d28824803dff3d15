// What a caller reads when authorization said no (k8s.io/apiserver pkg/endpoints/handlers/responsewriters errors.go).
import { newForbidden, type StatusError } from '../../apimachinery/status.ts';
import type { AuthorizationAttributes } from './types.ts';

/** So that no error looks like HTML; quotes are fine. */
function sanitize(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function forbiddenMessage(attributes: AuthorizationAttributes): string {
  const { user, verb, group, resource, subresource, namespace, path, isResourceRequest } = attributes;
  const who = `User ${JSON.stringify(user.name)} cannot ${verb}`;
  if (!isResourceRequest) return `${who} path ${JSON.stringify(path)}`;
  const what = JSON.stringify(subresource === '' ? resource : `${resource}/${subresource}`);
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  return `${who} resource ${what} in API group ${JSON.stringify(group)} ${where}`;
}

/** The 403 for `attributes`; `reason` is the authorizer's, where it gave one. */
export function forbiddenError(attributes: AuthorizationAttributes, reason = ''): StatusError {
  const message = sanitize(forbiddenMessage(attributes));
  const { group, resource, name } = attributes;
  return newForbidden({ group, resource }, name, reason === '' ? message : `${message}: ${reason}`);
}
