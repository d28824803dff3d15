// LimitRange (pkg/registry/core/limitrange).
import { randomUUID } from 'node:crypto';
import { nameIsDNSSubdomain } from '../../../apimachinery/names.ts';
import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { ensure, type Fields, listOf } from '../fields.ts';
import { validateLimitRange } from './limitrange-validation.ts';
import { defaultResourceList } from './resource-lists.ts';

export const limitRange: ResourceDescriptor = {
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  resource: 'limitranges',
  singular: 'limitrange',
  namespaced: true,
  shortNames: ['limits'],
  verbs: allVerbs,
  storageVersionHash: 'EBKMFVe6cwo=',
  stored: true,
  subresources: [],
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  hasGeneration: false,
  setDefaults(object) {
    for (const item of listOf(object['spec']?.limits)) defaultLimitRangeItem(item);
  },
  prepareForCreate(object) {
    if (!object.metadata.name) object.metadata.name = randomUUID();
  },
  validateName: nameIsDNSSubdomain,
  validate: validateLimitRange,
  validateUpdate: validateLimitRange,
};

const lists = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'];

/** SetDefaults_LimitRangeItem: a container's default limit is the maximum, its default request that limit, else the minimum. */
function defaultLimitRangeItem(item: Fields): void {
  if (item['type'] === 'Container') {
    const limits = ensure(item, 'default');
    const requests = ensure(item, 'defaultRequest');
    addMissing(limits, item['max']);
    addMissing(requests, limits);
    addMissing(requests, item['min']);
    // Go leaves empty maps out.
    for (const field of ['default', 'defaultRequest']) if (Object.keys(item[field]).length === 0) delete item[field];
  }
  for (const field of lists) defaultResourceList(item[field]);
}

function addMissing(to: Fields, from: Fields | null | undefined): void {
  for (const name in from ?? {}) if (!(name in to)) to[name] = from![name];
}
