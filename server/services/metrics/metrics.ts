import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What is counted besides requests. */
export interface Counted {
  /** Of each running kernel the name of its kernelspec. */
  kernels(): readonly { readonly name: string }[];
  terminals(): number;
  sessions(): number;
  websockets(): number;
  readonly lastActivity: Date;
}

export interface Metrics {
  readonly registry: Registry;
  readonly requests: Histogram<'method' | 'route' | 'code'>;
  readonly restarts: Counter<'type'>;
}

/** In seconds: a small answer, a large one, the start of a kernel. */
const buckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/**
 * The server's metrics. Kernels, terminals and activity have the names that jupyter_server gives them, so that what is made
 * for that shows this server, too. No label takes what a client says: routes, codes and kernelspecs are few.
 */
export function createMetrics(counted: Counted, version: string): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Gauge({
    ...{ name: 'replique_server_info', help: 'Version of the server', labelNames: ['version'], registers },
  }).set({ version }, 1);
  new Gauge({
    ...{ name: 'jupyter_server_started_timestamp_seconds', help: 'When the server was started', registers },
  }).set(Date.now() / 1000);
  const gauges: readonly (readonly [name: string, help: string, value: () => number])[] = [
    ['terminal_currently_running_total', 'Terminals that run', () => counted.terminals()],
    ['kernel_sessions', 'Documents that have a kernel', () => counted.sessions()],
    ['websocket_connections', 'WebSockets that are open', () => counted.websockets()],
    [
      'jupyter_server_last_activity_timestamp_seconds',
      'When anything last happened in a kernel',
      () => counted.lastActivity.getTime() / 1000,
    ],
  ];
  for (const [name, help, value] of gauges) {
    const gauge: Gauge = new Gauge({ name, help, registers, collect: () => gauge.set(value()) });
  }
  const kernels = new Gauge({
    ...{ name: 'kernel_currently_running_total', help: 'Kernels that run, by kernelspec' },
    ...{ labelNames: ['type'], registers },
    collect: () => {
      kernels.reset();
      for (const { name } of counted.kernels()) kernels.inc({ type: name });
    },
  });
  return {
    registry,
    requests: new Histogram({
      ...{ name: 'http_request_duration_seconds', help: 'Time until an answer was sent' },
      ...{ labelNames: ['method', 'route', 'code'] as const, buckets, registers },
    }),
    restarts: new Counter({
      ...{ name: 'kernel_restarts_total', help: 'Kernels started again after they ended by themselves' },
      ...{ labelNames: ['type'] as const, registers },
    }),
  };
}
