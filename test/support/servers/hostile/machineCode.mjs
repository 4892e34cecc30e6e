// Programs of a few bytes for system calls that Node does not offer. An image without a compiler or a shell has no others, and a
// hostile one would bring its own: each is written to a folder that may be executed, and ends with the number of its error.

const loadAddress = 0x400000n;
const headerBytes = 120;

/**
 * Numbers of the system calls: x64 (arch/x86/entry/syscalls/syscall_64.tbl) and arm64 (include/uapi/asm-generic/unistd.h).
 * @type {Readonly<Record<string, readonly [number, number]>>}
 */
const numbers = {
  clone: [56, 220],
  socket: [41, 198],
  ptrace: [101, 117],
  syslog: [103, 116],
  pivot_root: [155, 41],
  chroot: [161, 51],
  mount: [165, 40],
  umount2: [166, 39],
  swapon: [167, 224],
  reboot: [169, 142],
  sethostname: [170, 161],
  init_module: [175, 105],
  clock_settime: [227, 112],
  kexec_load: [246, 104],
  add_key: [248, 217],
  keyctl: [250, 219],
  mknodat: [259, 33],
  unshare: [272, 97],
  perf_event_open: [298, 241],
  open_by_handle_at: [304, 265],
  setns: [308, 268],
  bpf: [321, 280],
  userfaultfd: [323, 282],
};

/** @param {string} name */
function numberOf(name) {
  const pair = numbers[name];
  if (pair === undefined) {
    throw new Error(`No number is known for ${name}.`);
  }
  return pair[process.arch === 'arm64' ? 1 : 0];
}

/** @param {number} opcode @param {number} prefix @param {bigint} value */
function x64Load(prefix, opcode, value) {
  const bytes = Buffer.alloc(10);
  bytes[0] = prefix;
  bytes[1] = opcode;
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value), 2);
  return bytes;
}

/** rdi, rsi, rdx, r10, r8. @type {readonly (readonly [number, number])[]} */
const x64Registers = [
  [0x48, 0xbf],
  [0x48, 0xbe],
  [0x48, 0xba],
  [0x49, 0xba],
  [0x49, 0xb8],
];

/** @param {number} register @param {bigint} value */
function arm64Load(register, value) {
  const bits = BigInt.asUintN(64, value);
  return words(
    [0, 1, 2, 3].map(
      (part) => (part === 0 ? 0xd2800000 : 0xf2800000) + part * 0x200000 + Number((bits >> BigInt(16 * part)) & 0xffffn) * 32 + register,
    ),
  );
}

/** @param {readonly number[]} list */
function words(list) {
  const bytes = Buffer.alloc(4 * list.length);
  list.forEach((word, index) => bytes.writeUInt32LE(word >>> 0, 4 * index));
  return bytes;
}

/** One call, then its error as the exit code, or the same again without end. @param {number} number @param {readonly bigint[]} args @param {boolean} again */
function code(number, args, again) {
  if (process.arch === 'arm64') {
    const call = Buffer.concat([arm64Load(8, BigInt(number)), ...args.map((value, index) => arm64Load(index, value)), words([0xd4000001])]);
    const end = again
      ? words([0x14000000 + ((-call.length / 4) & 0x3ffffff)])
      : Buffer.concat([words([0xcb0003e0]), arm64Load(8, 94n), words([0xd4000001])]);
    return Buffer.concat([call, end]);
  }
  const loads = args.map((value, index) => x64Load(...(x64Registers[index] ?? [0, 0]), value));
  const call = Buffer.concat([x64Load(0x48, 0xb8, BigInt(number)), ...loads, Buffer.from([0x0f, 0x05])]);
  const back = Buffer.alloc(5, 0xe9);
  back.writeInt32LE(-(call.length + 5), 1);
  const end = Buffer.from([0xf7, 0xd8, 0x89, 0xc7, 0xb8, 0xe7, 0, 0, 0, 0x0f, 0x05]);
  return Buffer.concat([call, again ? back : end]);
}

/**
 * A program that makes one system call. A text among the arguments stands for its address.
 * @param {string} name @param {readonly (number | string)[]} args @param {boolean} again
 */
export function program(name, args, again = false) {
  const given = [...args, 0, 0, 0, 0, 0].slice(0, 5);
  const texts = given.map((value) => (typeof value === 'string' ? Buffer.from(`${value}\0`) : Buffer.alloc(0)));
  const codeBytes = code(
    numberOf(name),
    given.map(() => 0n),
    again,
  ).length;
  let address = loadAddress + BigInt(headerBytes + codeBytes);
  const values = given.map((value, index) => {
    const own = address;
    address += BigInt(texts[index]?.length ?? 0);
    return typeof value === 'string' ? own : BigInt(value);
  });
  const body = Buffer.concat([code(numberOf(name), values, again), ...texts]);
  return Buffer.concat([header(headerBytes + body.length), body]);
}

/** An executable with one segment (ELF-64, "Object Files"). @param {number} size */
function header(size) {
  const bytes = Buffer.alloc(headerBytes);
  bytes.write('\x7fELF\x02\x01\x01', 'latin1');
  bytes.writeUInt16LE(2, 16);
  bytes.writeUInt16LE(process.arch === 'arm64' ? 183 : 62, 18);
  bytes.writeUInt32LE(1, 20);
  bytes.writeBigUInt64LE(loadAddress + BigInt(headerBytes), 24);
  bytes.writeBigUInt64LE(64n, 32);
  bytes.writeUInt16LE(64, 52);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(1, 56);
  bytes.writeUInt32LE(1, 64);
  bytes.writeUInt32LE(7, 68);
  bytes.writeBigUInt64LE(loadAddress, 80);
  bytes.writeBigUInt64LE(loadAddress, 88);
  bytes.writeBigUInt64LE(BigInt(size), 96);
  bytes.writeBigUInt64LE(BigInt(size), 104);
  bytes.writeBigUInt64LE(0x1000n, 112);
  return bytes;
}
