// Who may ask for devices as an administrator, and who may write what of a claim's status
// (kubernetes pkg/registry/resource utils.go: AuthorizedForAdmin, AuthorizedForAdminStatus, AuthorizedForBinding, AuthorizedForDeviceStatus).
import { type FieldError, forbidden } from '../../apimachinery/field.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { semanticEqual } from '../../apimachinery/semantic-equal.ts';
import { forbiddenError } from './forbidden.ts';
import type { AuthorizationAttributes, Authorizer, UserInfo } from './types.ts';

export interface ClaimWrite {
  user: UserInfo;
  namespace: string;
  /** `update` or `patch`, whichever the request was. */
  verb: string;
  object: KubeObject;
  /** The claim before, on update. */
  old: KubeObject | undefined;
}

interface Result {
  adminAccess?: boolean;
}

interface Device {
  driver?: string;
  pool?: string;
  device?: string;
  shareID?: string;
}

interface Allocation {
  devices?: { results?: Result[] };
  nodeSelector?: {
    nodeSelectorTerms?: {
      matchExpressions?: unknown[];
      matchFields?: { key: string; operator: string; values?: string[] }[];
    }[];
  };
}

interface Status {
  allocation?: Allocation;
  reservedFor?: unknown[];
  devices?: Device[];
}

const adminAccessLabel = 'resource.kubernetes.io/admin-access';
const nodeNameKey = 'authentication.kubernetes.io/node-name';

/**
 * What asks for administrator's access to devices where the namespace is not labelled for it: in a new claim, in a new template of claims,
 * or in a claim's status that did not have it before.
 */
export function adminAccessErrors(
  object: KubeObject,
  old: KubeObject | undefined,
  namespace: KubeObject | undefined,
): FieldError[] {
  const path = old === undefined ? requestedInSpec(object) : requestedInStatus(object, old);
  if (path === undefined || namespace?.metadata.labels?.[adminAccessLabel] === 'true') return [];
  const why = `admin access to devices requires the \`${adminAccessLabel}: true\` label on the containing namespace`;
  return [forbidden(path, why)];
}

function requestedInSpec({ kind, ...object }: KubeObject): string | undefined {
  const spec = kind === 'ResourceClaimTemplate' ? object['spec']?.spec : object['spec'];
  const requests = (spec?.devices?.requests ?? []) as { exactly?: Result }[];
  const index = requests.findIndex(({ exactly }) => exactly?.adminAccess === true);
  return index < 0 ? undefined : `spec.devices.requests[${index}].adminAccess`;
}

function requestedInStatus(object: KubeObject, old: KubeObject): string | undefined {
  const granted = (claim: KubeObject) =>
    (statusOf(claim).allocation?.devices?.results ?? []).findIndex(({ adminAccess }) => adminAccess === true);
  const index = granted(object);
  return index < 0 || granted(old) >= 0 ? undefined : `status.allocation.devices.results[${index}].adminAccess`;
}

function statusOf(claim: KubeObject): Status {
  return (claim['status'] ?? {}) as Status;
}

/** What of the change to a claim's status the user may not do. */
export async function claimStatusErrors(authorizer: Authorizer, write: ClaimWrite): Promise<FieldError[]> {
  const { object, old, verb, user, namespace } = write;
  if (old === undefined) return [];
  const [status, before] = [statusOf(object), statusOf(old)];
  const errors: FieldError[] = [];
  if (!semanticEqual([status.allocation, status.reservedFor], [before.allocation, before.reservedFor])) {
    const refused = await refusal(authorizer, claimAttributes(user, 'binding', verb, '', ''));
    if (refused !== undefined) {
      const needed = `resource="resourceclaims/binding", verb="${verb}" permission: ${refused}`;
      errors.push(
        forbidden('status.allocation', `changing status.allocation or status.reservedFor requires ${needed}`),
      );
    }
  }
  if (status.allocation === undefined) return errors;
  const local = isOnNode(user, allocatedNode(status.allocation));
  const verbs = [...(local ? [`associated-node:${verb}`] : []), `arbitrary-node:${verb}`];
  for (const driver of changedDrivers(status.devices ?? [], before.devices ?? [])) {
    const refused = await refusalOfAll(
      authorizer,
      verbs.map((each) => claimAttributes(user, 'driver', each, namespace, driver)),
    );
    if (refused === undefined) continue;
    const needed = `resource="resourceclaims/driver", verb="[${verbs.join(' ')}]" permission: ${refused}`;
    errors.push(forbidden('status.devices', `changing status.devices requires ${needed}`));
  }
  return errors;
}

function claimAttributes(
  user: UserInfo,
  subresource: string,
  verb: string,
  namespace: string,
  name: string,
): AuthorizationAttributes {
  const kind = {
    group: 'resource.k8s.io',
    version: 'v1',
    resource: 'resourceclaims',
    isResourceRequest: true,
    path: '',
  };
  return { user, subresource, verb, namespace, name, ...kind };
}

/** Why not; undefined where it is allowed. */
async function refusal(authorizer: Authorizer, attributes: AuthorizationAttributes): Promise<string | undefined> {
  const { decision, reason } = await authorizer.authorize(attributes);
  return decision === 'Allow' ? undefined : forbiddenError(attributes, reason).message;
}

/** Why the first is refused, where all are. */
async function refusalOfAll(
  authorizer: Authorizer,
  all: readonly AuthorizationAttributes[],
): Promise<string | undefined> {
  let first: string | undefined;
  for (const attributes of all) {
    const refused = await refusal(authorizer, attributes);
    if (refused === undefined) return undefined;
    first ??= refused;
  }
  return first;
}

/** Drivers of devices whose status is new, another or gone, in order. */
function changedDrivers(devices: readonly Device[], before: readonly Device[]): string[] {
  const key = ({ driver, pool, device, shareID = '' }: Device) => JSON.stringify([driver, pool, device, shareID]);
  const rest = new Map(before.map((device) => [key(device), device]));
  const drivers = new Set<string>();
  for (const device of devices) {
    const known = rest.get(key(device));
    rest.delete(key(device));
    if (known === undefined || !semanticEqual(known, device)) drivers.add(device.driver ?? '');
  }
  for (const { driver = '' } of rest.values()) drivers.add(driver);
  return [...drivers].sort();
}

/** The one node on which an allocation's devices are; '' where they are not of one node. */
function allocatedNode({ nodeSelector }: Allocation): string {
  const [term, ...others] = nodeSelector?.nodeSelectorTerms ?? [];
  if (term === undefined || others.length > 0 || (term.matchExpressions ?? []).length > 0) return '';
  const [field, ...more] = term.matchFields ?? [];
  if (field === undefined || more.length > 0 || field.key !== 'metadata.name' || field.operator !== 'In') return '';
  return field.values?.length === 1 ? field.values[0]! : '';
}

/** Whether the user is a service account whose token is bound to the node. */
function isOnNode({ name, extra }: UserInfo, node: string): boolean {
  const nodes = extra?.[nodeNameKey] ?? [];
  return node !== '' && name.startsWith('system:serviceaccount:') && nodes.length === 1 && nodes[0] === node;
}
