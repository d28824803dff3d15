// Defaults of containers (pkg/apis/core/v1/defaults.go, zz_generated.defaults.go).
import { defaultTo, defaultZero, type Fields } from '../fields.ts';
import { imageTag } from './image-name.ts';
import { defaultRequirements } from './resource-lists.ts';
import { defaultDivisor } from './volume-defaults.ts';

/** Defaults one container of any of the three lists, in place. */
export function defaultContainer(container: Fields): void {
  if (!container['imagePullPolicy']) {
    const isLatest = imageTag(container['image'] ?? '') === 'latest';
    container['imagePullPolicy'] = isLatest ? 'Always' : 'IfNotPresent';
  }
  if (!container['terminationMessagePath']) container['terminationMessagePath'] = '/dev/termination-log';
  if (!container['terminationMessagePolicy']) container['terminationMessagePolicy'] = 'File';
  const resources = container['resources'] as Fields | null | undefined;
  if (resources) defaultRequirements(resources);
  else container['resources'] = {};
  const ports = container['ports'] as Fields[] | null | undefined;
  if (ports) for (const port of ports) if (!port['protocol']) port['protocol'] = 'TCP';
  const env = container['env'] as Fields[] | null | undefined;
  if (env) for (const variable of env) if (variable['valueFrom']) defaultEnvSource(variable['valueFrom']);
  if (container['livenessProbe']) defaultProbe(container['livenessProbe']);
  if (container['readinessProbe']) defaultProbe(container['readinessProbe']);
  if (container['startupProbe']) defaultProbe(container['startupProbe']);
  const lifecycle = container['lifecycle'] as Fields | null | undefined;
  if (lifecycle) {
    if (lifecycle['postStart']?.httpGet) defaultHTTPGet(lifecycle['postStart'].httpGet);
    if (lifecycle['preStop']?.httpGet) defaultHTTPGet(lifecycle['preStop'].httpGet);
    dropStopSignal(container, lifecycle);
  }
}

/** Behind a gate that is off (ContainerStopSignals). */
function dropStopSignal(container: Fields, lifecycle: Fields): void {
  if (lifecycle['stopSignal'] === undefined) return;
  delete lifecycle['stopSignal'];
  if (Object.keys(lifecycle).length === 0) delete container['lifecycle'];
}

function defaultEnvSource(source: Fields): void {
  if (source['fieldRef']) defaultZero(source['fieldRef'], 'apiVersion', 'v1');
  if (source['resourceFieldRef']) defaultDivisor(source['resourceFieldRef']);
  if (source['fileKeyRef']) defaultTo(source['fileKeyRef'], 'optional', false);
}

function defaultProbe(probe: Fields): void {
  if (!probe['timeoutSeconds']) probe['timeoutSeconds'] = 1;
  if (!probe['periodSeconds']) probe['periodSeconds'] = 10;
  if (!probe['successThreshold']) probe['successThreshold'] = 1;
  if (!probe['failureThreshold']) probe['failureThreshold'] = 3;
  if (probe['httpGet']) defaultHTTPGet(probe['httpGet']);
  if (probe['grpc']) defaultTo(probe['grpc'], 'service', '');
}

function defaultHTTPGet(action: Fields): void {
  if (!action['path']) action['path'] = '/';
  if (!action['scheme']) action['scheme'] = 'HTTP';
}
