// More important pods first; of two that are as important, the one that has waited longer (pkg/scheduler/framework/plugins/queuesort).
import type { Plugin } from '../framework/plugin.ts';

export function prioritySort(): Plugin {
  return {
    name: 'PrioritySort',
    less: (a, b) =>
      a.info.priority === b.info.priority ? a.timestampMs < b.timestampMs : a.info.priority > b.info.priority,
  };
}
