export function startMaintenance(_o: any) { return { stop: async () => {} }; }
