import type { ResourceDescriptor } from '../descriptor.ts';
import { ingress } from './ingress.ts';
import { ingressClass } from './ingressclass.ts';
import { ipAddress } from './ipaddress.ts';
import { networkPolicy } from './networkpolicy.ts';
import { serviceCIDR } from './servicecidr.ts';

/** networking.k8s.io/v1. */
export const networking: readonly ResourceDescriptor[] = [ingressClass, ingress, ipAddress, networkPolicy, serviceCIDR];
