// What the conditions and accepted names of a CustomResourceDefinition must be, from what there is (apiextensions-apiserver
// pkg/controller/{status/naming_controller.go,establish,apiapproval}).
import { X509Certificate } from 'node:crypto';
import type { KubeObject } from '../../apimachinery/object.ts';
import {
  type CrdCondition,
  type CrdNames,
  type CrdStatus,
  conditionOf,
  specOf,
  statusOfCrd,
  withCondition,
} from './crd.ts';

type Verdict = Omit<CrdCondition, 'lastTransitionTime'>;

/** Names that other definitions of the group hold. */
interface TakenNames {
  resources: ReadonlySet<string>;
  kinds: ReadonlySet<string>;
}

function takenBy(crds: readonly KubeObject[]): TakenNames {
  const accepted = crds.map((crd) => statusOfCrd(crd).acceptedNames);
  return {
    resources: new Set(
      accepted.flatMap(({ plural, singular = '', shortNames = [] }) => [plural, singular, ...shortNames]),
    ),
    kinds: new Set(accepted.flatMap(({ kind, listKind = '' }) => [kind, listKind])),
  };
}

/** Who came first, when two servers have accepted the same name at the same time. */
function isOlder(a: KubeObject, b: KubeObject): boolean {
  const [left, right] = [a, b].map(({ metadata }) => `${metadata.creationTimestamp} ${metadata.uid}`);
  return left! < right!;
}

export interface AcceptedNames {
  /** The names that the definition may have from now on. */
  names: CrdNames;
  /** Whether these are those that it asks for. */
  verdict: Verdict;
  /** True where it had a name that an older definition has got at the same time: then it is as if it had never been established. */
  yields: boolean;
}

export function acceptNames(crd: KubeObject, all: readonly KubeObject[]): AcceptedNames {
  const { group, names: requested } = specOf(crd);
  const others = all.filter((other) => other.metadata.name !== crd.metadata.name && specOf(other).group === group);
  const taken = takenBy(others);
  const takenByOlder = takenBy(others.filter((other) => isOlder(other, crd)));
  const before = statusOfCrd(crd).acceptedNames;
  const names: CrdNames = { ...before };
  let verdict: Verdict = {
    type: 'NamesAccepted',
    status: 'True',
    reason: 'NoConflicts',
    message: 'no conflicts found',
  };
  let yields = false;
  const settle = (field: 'kind' | 'listKind' | 'plural' | 'singular', set: keyof TakenNames, reason: string): void => {
    const wanted = requested[field] ?? '';
    if ((wanted === before[field] ? takenByOlder : taken)[set].has(wanted)) {
      verdict = { type: 'NamesAccepted', status: 'False', reason, message: inUse(wanted) };
      if (wanted !== before[field]) return;
      yields = true;
      names[field] = '';
    } else if (wanted === '') delete names[field];
    else names[field] = wanted;
  };
  settle('plural', 'resources', 'PluralConflict');
  settle('singular', 'resources', 'SingularConflict');
  const clashing = (requested.shortNames ?? []).filter((name) =>
    (before.shortNames?.includes(name) ? takenByOlder : taken).resources.has(name),
  );
  if (clashing.length > 0) {
    const message = clashing.length === 1 ? inUse(clashing[0]!) : `[${clashing.map(inUse).join(', ')}]`;
    verdict = { type: 'NamesAccepted', status: 'False', reason: 'ShortNamesConflict', message };
    copyList(
      names,
      { ...before, shortNames: before.shortNames?.filter((name) => !clashing.includes(name)) },
      'shortNames',
    );
  } else copyList(names, requested, 'shortNames');
  settle('kind', 'kinds', 'KindConflict');
  settle('listKind', 'kinds', 'ListKindConflict');
  copyList(names, requested, 'categories');
  return { names, verdict, yields };
}

function inUse(name: string): string {
  return `${JSON.stringify(name)} is already in use`;
}

function copyList(into: CrdNames, from: CrdNames, field: 'categories' | 'shortNames'): void {
  const list = from[field];
  if (list === undefined || list.length === 0) delete into[field];
  else into[field] = list;
}

/** Once established, a definition stays so. */
function establish(crd: KubeObject, namesAccepted: boolean, yields: boolean): Verdict {
  const before = yields ? undefined : conditionOf(crd, 'Established');
  if (before?.status === 'True') return before;
  const verdict = (status: 'False' | 'True', reason: string, message: string): Verdict => ({
    type: 'Established',
    status,
    reason,
    message,
  });
  if (!namesAccepted) return before ?? verdict('False', 'NotAccepted', 'not all names are accepted');
  if (hasInvalidCABundle(crd)) return verdict('False', 'InvalidCABundle', 'The conversion webhook CABundle is invalid');
  return verdict('True', 'InitialNamesAccepted', 'the initial names have been accepted');
}

const pemCertificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function hasInvalidCABundle(crd: KubeObject): boolean {
  const bundle = specOf(crd).conversion?.webhook?.clientConfig?.caBundle ?? '';
  const text = Buffer.from(bundle, 'base64').toString();
  if (text.trim() === '') return false;
  try {
    const certificates = text.match(pemCertificate) ?? [];
    for (const certificate of certificates) new X509Certificate(certificate);
    return certificates.length === 0;
  } catch {
    return true;
  }
}

const approvalAnnotation = 'api-approved.kubernetes.io';
const seeProposal = 'see https://github.com/kubernetes/enhancements/pull/1111';

/** Undefined for groups that are nobody's but their owner's. */
function approve({ metadata, ...crd }: KubeObject): Verdict | undefined {
  const { group } = crd['spec'] as { group: string };
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(group)) return undefined;
  const verdict = (status: 'False' | 'True', reason: string, message: string): Verdict => ({
    type: 'KubernetesAPIApprovalPolicyConformant',
    status,
    reason,
    message,
  });
  const annotation = metadata.annotations?.[approvalAnnotation] ?? '';
  const quoted = JSON.stringify(approvalAnnotation);
  if (annotation === '') {
    const message = `protected groups must have approval annotation ${quoted}, ${seeProposal}`;
    return verdict('False', 'MissingAnnotation', message);
  }
  if (annotation.startsWith('unapproved'))
    return verdict('False', 'UnapprovedAnnotation', `not approved: ${JSON.stringify(annotation)}`);
  if (URL.canParse(annotation) && new URL(annotation).host !== '')
    return verdict('True', 'ApprovedAnnotation', `approved in ${annotation}`);
  return verdict(
    'False',
    'InvalidAnnotation',
    `protected groups must have approval annotation ${quoted} with either a URL or a reason starting with "unapproved", ${seeProposal}`,
  );
}

/** The status that `crd` must have; `all` are the definitions that there are. `now` is RFC 3339 with seconds. */
export function settledStatus(crd: KubeObject, all: readonly KubeObject[], now: string): CrdStatus {
  const { names, verdict, yields } = acceptNames(crd, all);
  const approval = approve(crd);
  const verdicts = [
    verdict,
    establish(crd, verdict.status === 'True', yields),
    ...(approval === undefined ? [] : [approval]),
  ];
  const status = statusOfCrd(crd);
  let conditions = status.conditions;
  for (const next of verdicts) conditions = withCondition(conditions, next, now);
  return { ...status, conditions, acceptedNames: names };
}
