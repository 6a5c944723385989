import { arch } from "node:os";

/**
 * System calls that a contained program has no use for and that reach beyond namespaces: kernel keyrings (which know no
 * namespace but the user's), kernel modules, BPF, tracing of the whole machine, io_uring (which goes round filters), and
 * mounting. Numbers from the kernel's syscall tables; those from 424 on are the same everywhere.
 */
const SHARED = {
  io_uring_setup: 425,
  open_tree: 428,
  move_mount: 429,
  fsopen: 430,
  fsconfig: 431,
  fsmount: 432,
  fspick: 433,
  mount_setattr: 442,
};
const MACHINES = {
  x64: {
    audit: 0xc000003e,
    ioctl: 16,
    refused: {
      ...{ mount: 165, umount2: 166, pivot_root: 155, init_module: 175, delete_module: 176, finit_module: 313 },
      ...{ kexec_load: 246, add_key: 248, request_key: 249, keyctl: 250, perf_event_open: 298, open_by_handle_at: 304 },
      ...{ bpf: 321, userfaultfd: 323 },
    },
  },
  arm64: {
    audit: 0xc00000b7,
    ioctl: 29,
    refused: {
      ...{ umount2: 39, mount: 40, pivot_root: 41, kexec_load: 104, init_module: 105, delete_module: 106 },
      ...{ add_key: 217, request_key: 218, keyctl: 219, perf_event_open: 241, open_by_handle_at: 265 },
      ...{ finit_module: 273, bpf: 280, userfaultfd: 282 },
    },
  },
} as const;

/** ioctls that put words into a terminal as if typed there (CVE-2017-5226). */
const TYPING = [0x5412, 0x541c];

const LOAD = 0x20;
const EQUAL = 0x15;
const AT_LEAST = 0x35;
const RETURN = 0x06;
const ALLOW = 0x7fff0000;
const REFUSE = 0x00050001; // SECCOMP_RET_ERRNO with EPERM
/** Offsets in struct seccomp_data. */
const [NUMBER, ARCHITECTURE, SECOND_ARGUMENT] = [0, 4, 24];
/** On x86-64, numbers from here on are the x32 doubles of all calls. */
const X32 = 0x40000000;

type Step = [code: number, ifTrue: number, ifFalse: number, value: number];

/**
 * The filter as the kernel takes it (an array of struct sock_filter), for bwrap's --seccomp. Calls of another
 * architecture are refused as a whole. Undefined on machines whose numbers are not known here.
 */
export function systemCallFilter(): Buffer | undefined {
  const machine = { x64: MACHINES.x64, arm64: MACHINES.arm64 }[arch() as "x64"] as (typeof MACHINES)["x64"] | undefined;
  if (!machine) return undefined;
  const refused = [...Object.values(machine.refused), ...Object.values(SHARED)];
  const steps: Step[] = [
    [LOAD, 0, 0, ARCHITECTURE],
    [EQUAL, 1, 0, machine.audit],
    [RETURN, 0, 0, REFUSE],
    [LOAD, 0, 0, NUMBER],
    [AT_LEAST, 0, 1, X32],
    [RETURN, 0, 0, REFUSE],
    ...refused.flatMap((number): Step[] => [
      [EQUAL, 0, 1, number],
      [RETURN, 0, 0, REFUSE],
    ]),
    [EQUAL, 1, 0, machine.ioctl],
    [RETURN, 0, 0, ALLOW],
    [LOAD, 0, 0, SECOND_ARGUMENT],
    ...TYPING.flatMap((request): Step[] => [
      [EQUAL, 0, 1, request],
      [RETURN, 0, 0, REFUSE],
    ]),
    [RETURN, 0, 0, ALLOW],
  ];
  const out = Buffer.alloc(steps.length * 8);
  for (const [i, [code, ifTrue, ifFalse, value]] of steps.entries()) {
    out.writeUInt16LE(code, i * 8);
    out.writeUInt8(ifTrue, i * 8 + 2);
    out.writeUInt8(ifFalse, i * 8 + 3);
    out.writeUInt32LE(value, i * 8 + 4);
  }
  return out;
}
