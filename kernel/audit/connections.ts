import type { ConnectionReport } from '../egress/proxy.ts';
import type { Audit } from './log.ts';

const longest = 200;

/** What records each connection that code had or was refused. */
export function connectionObserver(audit: Audit): (report: ConnectionReport) => void {
  return ({ host, port, address, decision, reason, bytesIn, bytesOut, durationMs }) =>
    audit.note('connection', {
      host: host.slice(0, longest),
      port,
      ...(address !== undefined && { address }),
      decision,
      ...(reason !== undefined && { reason: reason.slice(0, longest) }),
      bytes_in: bytesIn,
      bytes_out: bytesOut,
      duration_ms: Math.round(durationMs),
    });
}
