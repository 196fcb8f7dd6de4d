import {
  encode,
  give,
  load,
  offsetOf,
  unlessEqual,
  verdict,
  when,
  type Instruction,
} from './seccomp-assembler.ts';
import {
  absentCalls,
  auditArchitecture,
  inspectedCalls,
  lastKnownCall,
  numberOf,
  refusedCalls,
  type Architecture,
} from './seccomp-table.ts';

const EPERM = 1;
const ENOSYS = 38;
const EOPNOTSUPP = 95;
const refuse = give(verdict.error(EPERM));

/** CLONE_NEWTIME, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET of linux/sched.h. */
const namespaceFlags = 0x7e020080;
const x32Bit = 0x40000000;
const setIdBits = 0o6000;
/** O_CREAT and __O_TMPFILE, the same on both architectures. */
const creatingFlags = 0o100 | 0o20000000;
/** TIOCSTI, TIOCLINUX, TIOCSETD: input to a terminal, a console's functions, line disciplines. */
const terminalRequests = [0x5412, 0x541c, 0x5423];
/** PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_MM. */
const processControls = [1, 22, 35];
const AF_UNIX = 1;
const AF_INET = 2;
/** Asks for the network's interfaces. libzmq aborts on any answer but that there is no such thing. */
const AF_NETLINK = 16;
/** All but SOCK_STREAM, SOCK_NONBLOCK and SOCK_CLOEXEC. */
const otherSocketTypes = 0xfff7f7fe;
const IPPROTO_TCP = 6;
/** The ordinary policy; libzmq sets each of its threads to it, and aborts where it can't. */
const SCHED_OTHER = 0;

/**
 * The system call filter of the sandbox, as bytes for `bwrap --seccomp`: other architectures kill the process,
 * calls newer than the tables do not exist, and the calls in them are refused. Of sockets only TCP over IPv4 can be
 * made, for the proxy on the sandbox's own loopback: AF_UNIX reaches what listens in the workspace, AF_VSOCK the
 * hypervisor. `socketpair` is allowed for AF_UNIX, which asyncio needs.
 */
export function buildSeccompFilter(architecture: Architecture): Buffer {
  return encode([
    load(offsetOf.architecture),
    ...unlessEqual(auditArchitecture[architecture], [give(verdict.killProcess)]),
    load(offsetOf.call),
    ...(architecture === 'x64' ? when('jumpIfAtLeast', x32Bit, [give(verdict.error(ENOSYS))]) : []),
    ...when('jumpIfGreater', lastKnownCall, [give(verdict.error(ENOSYS))]),
    ...table(absentCalls, give(verdict.error(ENOSYS)), architecture),
    ...table(refusedCalls, refuse, architecture),
    ...Object.entries(inspections).flatMap(([name, body]) => {
      const number = numberOf(inspectedCalls[name as keyof typeof inspectedCalls], architecture);
      return number === null ? [] : when('jumpIfEqual', number, [...body, give(verdict.allow)]);
    }),
    give(verdict.allow),
  ]);
}

/** The architecture of this process, if there are tables for it. */
export function currentArchitecture(): Architecture | undefined {
  return process.arch === 'x64' || process.arch === 'arm64' ? process.arch : undefined;
}

type Table = Readonly<Record<string, Parameters<typeof numberOf>[0]>>;

function table(calls: Table, answer: Instruction, architecture: Architecture): readonly Instruction[] {
  return Object.values(calls).flatMap((numbers) => {
    const number = numberOf(numbers, architecture);
    return number === null ? [] : when('jumpIfEqual', number, [answer]);
  });
}

/** What is refused by argument. Each body ends where the call is allowed. */
const inspections: Readonly<Record<keyof typeof inspectedCalls, readonly Instruction[]>> = {
  clone: refuseBits(0, namespaceFlags),
  ioctl: refuseValues(1, terminalRequests),
  socket: [
    load(offsetOf.argument(0)),
    ...when('jumpIfEqual', AF_NETLINK, [give(verdict.error(EOPNOTSUPP))]),
    ...unlessEqual(AF_INET, [refuse]),
    load(offsetOf.argument(1)),
    ...when('jumpIfAnyBit', otherSocketTypes, [refuse]),
    load(offsetOf.argument(2)),
    ...when('jumpIfEqual', 0, [give(verdict.allow)]),
    ...unlessEqual(IPPROTO_TCP, [refuse]),
  ],
  socketpair: [load(offsetOf.argument(0)), ...unlessEqual(AF_UNIX, [refuse])],
  prctl: refuseValues(0, processControls),
  // Its own limits only: the first process has the same user.
  prlimit64: [load(offsetOf.argument(0)), ...unlessEqual(0, [refuse])],
  sched_setscheduler: [load(offsetOf.argument(1)), ...unlessEqual(SCHED_OTHER, [refuse])],
  // A set-uid file that is left in the workspace is live on the host.
  chmod: refuseBits(1, setIdBits),
  fchmod: refuseBits(1, setIdBits),
  fchmodat: refuseBits(2, setIdBits),
  creat: refuseBits(1, setIdBits),
  open: refuseCreating(1),
  openat: refuseCreating(2),
};

function refuseBits(argument: number, bits: number): readonly Instruction[] {
  return [load(offsetOf.argument(argument)), ...when('jumpIfAnyBit', bits, [refuse])];
}

function refuseValues(argument: number, values: readonly number[]): readonly Instruction[] {
  return [
    load(offsetOf.argument(argument)),
    ...values.flatMap((value) => when('jumpIfEqual', value, [refuse])),
  ];
}

function refuseCreating(flags: number): readonly Instruction[] {
  return [
    load(offsetOf.argument(flags)),
    ...when('jumpIfAnyBit', creatingFlags, refuseBits(flags + 1, setIdBits)),
  ];
}
