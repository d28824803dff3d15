// Endpoints (pkg/apis/core/validation ValidateEndpoints).
import { type FieldError, required } from '../../../apimachinery/field.ts';
import { isValidIPForLegacyField } from '../../../apimachinery/ip.ts';
import { isValidPortNum, nameIsDNSSubdomain } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import { type Fields, listOf } from '../fields.ts';
import { checkDNS1123Label, checkQualifiedName, pushInvalid } from './checks.ts';
import { checkProtocol } from './container-validation.ts';
import { checkEndpointIP } from './endpoint-address.ts';

export function validateEndpoints(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  listOf(object['subsets']).forEach((subset, i) => {
    checkSubset(subset, `subsets[${i}]`, errors);
  });
  return errors;
}

/** What was stored under older rules may stay. */
export function validateEndpointsUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const errors = validateEndpoints(object);
  return errors.length > 0 && semanticEqual(object['subsets'], old['subsets']) ? [] : errors;
}

function checkSubset(subset: Fields, path: string, errors: FieldError[]): void {
  const addresses = listOf(subset['addresses']);
  const notReady = listOf(subset['notReadyAddresses']);
  if (addresses.length === 0 && notReady.length === 0) {
    errors.push(required(path, 'must specify `addresses` or `notReadyAddresses`'));
  }
  addresses.forEach((address, i) => {
    checkAddress(address, `${path}.addresses[${i}]`, errors);
  });
  notReady.forEach((address, i) => {
    checkAddress(address, `${path}.notReadyAddresses[${i}]`, errors);
  });
  const ports = listOf(subset['ports']);
  ports.forEach((port, i) => {
    checkPort(port, ports.length > 1, `${path}.ports[${i}]`, errors);
  });
}

function checkAddress(address: Fields, path: string, errors: FieldError[]): void {
  const { ip = '', hostname, nodeName } = address;
  errors.push(...isValidIPForLegacyField(`${path}.ip`, ip, []));
  if (hostname) checkDNS1123Label(hostname, `${path}.hostname`, errors);
  if (nodeName !== undefined && nodeName !== null) {
    pushInvalid(errors, `${path}.nodeName`, nodeName, nameIsDNSSubdomain(nodeName, false));
  }
  checkEndpointIP(ip, `${path}.ip`, errors);
}

function checkPort(port: Fields, needsName: boolean, path: string, errors: FieldError[]): void {
  const { name = '', port: number = 0, protocol = '', appProtocol } = port;
  if (name !== '') checkDNS1123Label(name, `${path}.name`, errors);
  else if (needsName) errors.push(required(`${path}.name`));
  pushInvalid(errors, `${path}.port`, number, isValidPortNum(number));
  checkProtocol(protocol, `${path}.protocol`, errors);
  if (appProtocol !== undefined && appProtocol !== null) {
    checkQualifiedName(appProtocol, `${path}.appProtocol`, errors);
  }
}
