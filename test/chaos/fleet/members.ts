/** The processes of the fleet, and by which of the proxies each speaks to what. */
export const APIS = ['api-1', 'api-2'] as const;
export const WORKERS = ['worker-1', 'worker-2'] as const;
export const ENGINE = [...APIS, ...WORKERS] as const;
export type ApiName = (typeof APIS)[number];
export type WorkerName = (typeof WORKERS)[number];
export type EngineName = (typeof ENGINE)[number];
export const SERVERS = ['postgres', 'temporal', 'simulator'] as const;
export type ServerName = (typeof SERVERS)[number];
export type MemberName = EngineName | ServerName;
export const isWorker = (name: EngineName): name is WorkerName => name.startsWith('worker');
