import type { ConnectionReport } from '../egress/proxy.ts';
import type { Audit } from './log.ts';

const longest = 200;

/** Refusals cost code nothing: beyond so many, only one in so many is recorded, and how many there were. */
const refusalsInFull = 1000;

/** What records each connection that code had or was refused. */
export function connectionObserver(audit: Audit): (report: ConnectionReport) => void {
  let refusals = 0;
  return ({ host, port, address, decision, reason, bytesIn, bytesOut, durationMs }) => {
    if (decision === 'deny') {
      refusals += 1;
      if (refusals > refusalsInFull && refusals % refusalsInFull !== 0) return;
    }
    audit.note('connection', {
      host: host.slice(0, longest),
      port,
      ...(address !== undefined && { address }),
      decision,
      ...(reason !== undefined && { reason: reason.slice(0, longest) }),
      ...(decision === 'deny' && { refusals }),
      bytes_in: bytesIn,
      bytes_out: bytesOut,
      duration_ms: Math.round(durationMs),
    });
  };
}
