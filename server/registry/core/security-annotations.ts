// The annotations for seccomp and AppArmor that came before the fields, and which the fields must match.
import { type FieldError, forbidden, invalid } from '../../../apimachinery/field.ts';
import { type Fields, listOf } from '../fields.ts';
import { checkLocalDescendingPath } from './checks.ts';
import { containerLists, eachContainer } from './pod-containers.ts';

const seccompPod = 'seccomp.security.alpha.kubernetes.io/pod';
const seccompContainer = 'container.seccomp.security.alpha.kubernetes.io/';
const appArmorContainer = 'container.apparmor.security.beta.kubernetes.io/';

/** The annotations that fields have replaced, by themselves (ValidateSeccompPodAnnotations, ValidateAppArmorPodAnnotations). */
export function checkSecurityAnnotations(
  annotations: Record<string, string>,
  spec: Fields,
  errors: FieldError[],
  path: string,
): void {
  for (const [key, value] of Object.entries(annotations)) {
    if (key === seccompPod || key.startsWith(seccompContainer)) checkSeccompAnnotation(value, `${path}.${key}`, errors);
    if (!key.startsWith(appArmorContainer)) continue;
    const name = key.slice(appArmorContainer.length);
    if (!containerLists.some((list) => listOf(spec[list]).some((c) => c['name'] === name))) {
      errors.push(invalid(`${path}[${key}]`, name, 'container not found'));
    }
    if (value !== '' && value !== 'runtime/default' && value !== 'unconfined' && !value.startsWith('localhost/')) {
      errors.push(invalid(`${path}[${key}]`, value, `invalid AppArmor profile name: ${JSON.stringify(value)}`));
    }
  }
}

function checkSeccompAnnotation(value: string, path: string, errors: FieldError[]): void {
  if (value === 'runtime/default' || value === 'docker/default' || value === 'unconfined') return;
  if (value.startsWith('localhost/')) checkLocalDescendingPath(value.slice('localhost/'.length), path, errors);
  else errors.push(invalid(path, value, 'must be a valid seccomp profile'));
}

/** On create, an annotation and the field that replaces it must say the same. */
export function checkAnnotationsMatchFields(
  annotations: Record<string, string>,
  spec: Fields,
  path: string,
  errors: FieldError[],
): void {
  const podSeccomp = spec['securityContext']?.seccompProfile as Fields | undefined;
  checkMatch(annotations[seccompPod], podSeccomp, 'seccomp', `${path}.securityContext.seccompProfile`, errors);
  eachContainer(spec, path, (container, at) => {
    const profile = container['securityContext']?.seccompProfile as Fields | undefined;
    const annotation = annotations[`${seccompContainer}${container['name']}`];
    checkMatch(annotation, profile, 'seccomp', `${at}.securityContext.seccompProfile`, errors);
  });
  if (spec['os']?.name === 'windows') return;
  eachContainer(spec, path, (container, at) => {
    const profile = container['securityContext']?.appArmorProfile ?? spec['securityContext']?.appArmorProfile;
    const annotation = annotations[`${appArmorContainer}${container['name']}`];
    checkMatch(annotation, profile, 'apparmor', `${at}.securityContext.appArmorProfile`, errors);
  });
}

function checkMatch(
  annotation: string | undefined,
  profile: Fields | undefined,
  what: string,
  path: string,
  errors: FieldError[],
): void {
  if (annotation === undefined || !profile) return;
  const accepted: Record<string, string[]> = {
    Unconfined: ['unconfined'],
    RuntimeDefault: what === 'seccomp' ? ['runtime/default', 'docker/default'] : ['runtime/default'],
  };
  const type = profile['type'] as string;
  const isMatch =
    type === 'Localhost' ? annotation.startsWith('localhost/') : (accepted[type]?.includes(annotation) ?? true);
  if (!isMatch) errors.push(forbidden(`${path}.type`, `${what} type in annotation and field must match`));
  else if (type === 'Localhost' && annotation !== `localhost/${profile['localhostProfile']}`) {
    errors.push(forbidden(`${path}.localhostProfile`, `${what} profile in annotation and field must match`));
  }
}
