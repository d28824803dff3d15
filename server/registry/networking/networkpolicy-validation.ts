// What a NetworkPolicy must be (pkg/apis/networking/validation).
import { type FieldError, forbidden, invalid, notSupported, required } from '../../../apimachinery/field.ts';
import { cidrContains, isValidCIDRForLegacyField, parseCIDRSloppy } from '../../../apimachinery/ip.ts';
import { isValidPortName, isValidPortNum } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { invalidEach, type LabelSelectorRules, validateLabelSelector } from '../../../apimachinery/validation.ts';
import { type Fields, listOf } from '../fields.ts';

const policyTypes = ['Ingress', 'Egress'];

interface Leniency extends LabelSelectorRules {
  /** CIDRs of the old object, which may stay whatever they are. */
  oldCIDRs: readonly string[];
}

/** Each rule of the policy with its peers, and the path of the list of peers. */
export function policyRules(spec: Fields | undefined): { rule: Fields; field: string; peers: string }[] {
  return [
    ...listOf(spec?.['ingress']).map((rule, i) => ({ rule, field: `spec.ingress[${i}]`, peers: 'from' })),
    ...listOf(spec?.['egress']).map((rule, i) => ({ rule, field: `spec.egress[${i}]`, peers: 'to' })),
  ];
}

function validateNumericPort(port: number, endPort: number | undefined, field: string): FieldError[] {
  const errors = invalidEach(`${field}.port`, port, isValidPortNum(port));
  if (endPort === undefined) return errors;
  if (endPort < port) errors.push(invalid(`${field}.endPort`, port, 'must be greater than or equal to `port`'));
  return [...errors, ...invalidEach(`${field}.endPort`, endPort, isValidPortNum(endPort))];
}

function validatePort({ protocol, port, endPort }: Fields, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (protocol !== undefined && !['TCP', 'UDP', 'SCTP'].includes(protocol))
    errors.push(notSupported(`${field}.protocol`, protocol, ['TCP', 'UDP', 'SCTP']));
  if (typeof port === 'number') return [...errors, ...validateNumericPort(port, endPort, field)];
  if (endPort !== undefined) {
    const why = port === undefined ? 'is not specified' : 'is non-numeric';
    errors.push(invalid(`${field}.endPort`, endPort, `may not be specified when \`port\` ${why}`));
  }
  if (port !== undefined) errors.push(...invalidEach(`${field}.port`, port, isValidPortName(port)));
  return errors;
}

function validateIPBlock(block: Fields, field: string, { oldCIDRs }: Leniency): FieldError[] {
  const text = (block['cidr'] ?? '') as string;
  if (text === '') return [required(`${field}.cidr`)];
  const errors = isValidCIDRForLegacyField(`${field}.cidr`, text, oldCIDRs);
  const cidr = parseCIDRSloppy(text);
  if (cidr === undefined) return errors;
  ((block['except'] ?? []) as string[]).forEach((exceptText, index) => {
    const path = `${field}.except[${index}]`;
    errors.push(...isValidCIDRForLegacyField(path, exceptText, oldCIDRs));
    const except = parseCIDRSloppy(exceptText);
    if (except === undefined) return;
    if (!cidrContains(cidr, except.network) || cidr.prefixLength >= except.prefixLength)
      errors.push(invalid(path, exceptText, 'must be a strict subset of `cidr`'));
  });
  return errors;
}

function validatePeer(peer: Fields, field: string, lenient: Leniency): FieldError[] {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  const errors = [
    ...validateLabelSelector(podSelector, `${field}.podSelector`, lenient),
    ...validateLabelSelector(namespaceSelector, `${field}.namespaceSelector`, lenient),
    ...(ipBlock ? validateIPBlock(ipBlock, `${field}.ipBlock`, lenient) : []),
  ];
  if (!podSelector && !namespaceSelector && !ipBlock) errors.push(required(field, 'must specify a peer'));
  else if (ipBlock && (podSelector || namespaceSelector))
    errors.push(forbidden(field, 'may not specify both ipBlock and another peer'));
  return errors;
}

function validateSpec(spec: Fields, lenient: Leniency): FieldError[] {
  const errors = validateLabelSelector(spec['podSelector'], 'spec.podSelector', lenient);
  for (const { rule, field, peers } of policyRules(spec)) {
    errors.push(...listOf(rule['ports']).flatMap((port, i) => validatePort(port, `${field}.ports[${i}]`)));
    errors.push(...listOf(rule[peers]).flatMap((peer, i) => validatePeer(peer, `${field}.${peers}[${i}]`, lenient)));
  }
  const types = (spec['policyTypes'] ?? []) as string[];
  if (types.length > policyTypes.length)
    return [...errors, invalid('spec.policyTypes', types, 'may not specify more than two policyTypes')];
  types.forEach((type, index) => {
    if (!policyTypes.includes(type)) errors.push(notSupported(`spec.policyTypes[${index}]`, type, policyTypes));
  });
  return errors;
}

/** ValidateNetworkPolicy. */
export function validateNetworkPolicy(object: KubeObject): FieldError[] {
  return validateSpec(object['spec'] ?? {}, { oldCIDRs: [] });
}

/** ValidateNetworkPolicyUpdate: CIDRs and label values that were wrong before may stay so. */
export function validateNetworkPolicyUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const blocks = policyRules(old['spec']).flatMap(({ rule, peers }) =>
    listOf(rule[peers]).flatMap((peer) => (peer['ipBlock'] ? [peer['ipBlock'] as Fields] : [])),
  );
  return validateSpec(object['spec'] ?? {}, {
    oldCIDRs: blocks.flatMap((block) => [(block['cidr'] ?? '') as string, ...((block['except'] ?? []) as string[])]),
    allowInvalidLabelValue: validateLabelSelector(old['spec']?.podSelector, '').length > 0,
  });
}
