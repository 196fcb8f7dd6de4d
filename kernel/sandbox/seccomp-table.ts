/**
 * System call numbers that the filter names, after the kernel's own tables
 * (arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h). `null`: not on that architecture.
 */

export type Architecture = 'x64' | 'arm64';

type Numbers = readonly [x64: number | null, arm64: number | null];

/** AUDIT_ARCH_* of linux/audit.h. */
export const auditArchitecture: Readonly<Record<Architecture, number>> = {
  x64: 0xc000003e,
  arm64: 0xc00000b7,
};

/** The highest number that was looked at when the tables were written (mseal). Newer calls do not exist inside. */
export const lastKnownCall = 462;

/** Refused with EPERM, whatever the arguments. */
export const refusedCalls = {
  // Other processes
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  process_madvise: [440, 440],
  kcmp: [312, 272],
  pidfd_getfd: [438, 438],
  pidfd_open: [434, 434],
  // Mounts and namespaces
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  move_mount: [429, 429],
  open_tree: [428, 428],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  listmount: [458, 458],
  statmount: [457, 457],
  unshare: [272, 97],
  setns: [308, 268],
  setdomainname: [171, 162],
  sethostname: [170, 161],
  // Keys
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  // Large attack surface of the kernel
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  fanotify_init: [300, 262],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  io_setup: [206, 0],
  io_submit: [209, 2],
  vmsplice: [278, 75],
  seccomp: [317, 277],
  lsm_set_self_attr: [460, 460],
  // The machine
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  reboot: [169, 142],
  swapon: [167, 224],
  swapoff: [168, 225],
  acct: [163, 89],
  syslog: [103, 116],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  nfsservctl: [180, 42],
  vhangup: [153, 58],
  settimeofday: [164, 170],
  adjtimex: [159, 171],
  clock_settime: [227, 112],
  clock_adjtime: [305, 266],
  iopl: [172, null],
  ioperm: [173, null],
  modify_ldt: [154, null],
  uselib: [134, null],
  _sysctl: [156, null],
  personality: [135, 92],
  lookup_dcookie: [212, 18],
  // Files past their paths, device nodes
  open_by_handle_at: [304, 265],
  name_to_handle_at: [303, 264],
  mknod: [133, null],
  mknodat: [259, 33],
  // Placement and priority
  mbind: [237, 235],
  set_mempolicy: [238, 237],
  migrate_pages: [256, 238],
  move_pages: [279, 239],
  set_mempolicy_home_node: [450, 450],
  sched_setaffinity: [203, 122],
  sched_setattr: [314, 274],
  sched_setparam: [142, 118],
  ioprio_set: [251, 30],
  // Memory and queues that no rlimit counts
  memfd_create: [319, 279],
  memfd_secret: [447, 447],
  shmget: [29, 194],
  semget: [64, 190],
  msgget: [68, 186],
  mq_open: [240, 180],
} as const satisfies Record<string, Numbers>;

/** Said not to exist (ENOSYS), because their arguments lie behind pointers: the C library then uses the older call. */
export const absentCalls = {
  clone3: [435, 435],
  openat2: [437, 437],
  fchmodat2: [452, 452],
} as const satisfies Record<string, Numbers>;

/** Allowed or refused by their arguments. */
export const inspectedCalls = {
  clone: [56, 220],
  ioctl: [16, 29],
  socket: [41, 198],
  socketpair: [53, 199],
  prctl: [157, 167],
  prlimit64: [302, 261],
  sched_setscheduler: [144, 119],
  chmod: [90, null],
  fchmod: [91, 52],
  fchmodat: [268, 53],
  creat: [85, null],
  open: [2, null],
  openat: [257, 56],
} as const satisfies Record<string, Numbers>;

/** The number of a call on an architecture. */
export function numberOf(numbers: Numbers, architecture: Architecture): number | null {
  return architecture === 'x64' ? numbers[0] : numbers[1];
}
