/** The kernel's sockets, by Jupyter's names. */
export const socketNames = ['shell', 'control', 'stdin', 'iopub', 'hb'] as const;
export type SocketName = (typeof socketNames)[number];

/** Where the sockets are, as a connection file says it. */
export type SocketPlaces = Readonly<Record<`${SocketName}_port`, number>> & {
  readonly transport: string;
  /** For `ipc` the beginning of the sockets' paths. */
  readonly ip: string;
};

/** The ZeroMQ address of one of the kernel's sockets. */
export function socketAddress(places: SocketPlaces, socket: SocketName): string {
  const separator = places.transport === 'tcp' ? ':' : '-';
  return `${places.transport}://${places.ip}${separator}${places[`${socket}_port`]}`;
}
