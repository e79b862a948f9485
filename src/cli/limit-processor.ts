/**
 * Called by `crac run --cpu-features CHOICE`: prints the shell's assignments with which Node.js and its libraries use no more of the
 * processor than that. What cannot be limited so is named in `docs/guide/images.md`.
 */
import { spawnSync } from 'node:child_process';
import { parseFeatures, toWords } from '../image/cpu-features.js';
import { EXIT_CODES } from './exit-code.js';
import { complain, printLine } from './terminal.js';

/** A feature, where it lies in the words of an image, and what it is called elsewhere. */
interface Feature {
  readonly word: number;
  readonly bit: number;
  /** Option of V8 that turns it off, where V8 has it. */
  readonly v8?: string;
  /** Name in the tunable `glibc.cpu.hwcaps`. */
  readonly glibc?: string;
}

const FEATURES: readonly Feature[] = [
  { word: 0, bit: 0, v8: 'sse3' },
  { word: 0, bit: 9, v8: 'ssse3', glibc: 'SSSE3' },
  { word: 0, bit: 12, v8: 'fma3', glibc: 'FMA' },
  { word: 0, bit: 19, v8: 'sse4-1', glibc: 'SSE4_1' },
  { word: 0, bit: 20, v8: 'sse4-2', glibc: 'SSE4_2' },
  { word: 0, bit: 22, glibc: 'MOVBE' },
  { word: 0, bit: 23, v8: 'popcnt', glibc: 'POPCNT' },
  { word: 0, bit: 26, glibc: 'XSAVE' },
  { word: 0, bit: 28, v8: 'avx', glibc: 'AVX' },
  { word: 0, bit: 28, glibc: 'AVX_Fast_Unaligned_Load' },
  { word: 0, bit: 29, v8: 'f16c' },
  { word: 2, bit: 3, v8: 'bmi1', glibc: 'BMI1' },
  { word: 2, bit: 5, v8: 'avx2', glibc: 'AVX2' },
  { word: 2, bit: 8, v8: 'bmi2', glibc: 'BMI2' },
  { word: 2, bit: 16, glibc: 'AVX512F' },
  { word: 2, bit: 17, glibc: 'AVX512DQ' },
  { word: 2, bit: 26, glibc: 'AVX512PF' },
  { word: 2, bit: 27, glibc: 'AVX512ER' },
  { word: 2, bit: 28, glibc: 'AVX512CD' },
  { word: 2, bit: 30, glibc: 'AVX512BW' },
  { word: 2, bit: 31, glibc: 'AVX512VL' },
  { word: 5, bit: 4, v8: 'avx-vnni' },
  { word: 6, bit: 0, v8: 'sahf' },
  { word: 6, bit: 5, v8: 'lzcnt', glibc: 'LZCNT' },
  { word: 9, bit: 1, glibc: 'XSAVEC' },
];

/** Implementations that simdutf and simdjson choose from, the fastest first, with what they use. */
const SIMD: readonly { readonly name: string; readonly uses: readonly (readonly [number, number])[] }[] = [
  {
    name: 'icelake',
    uses: [
      [2, 16],
      [2, 17],
      [2, 21],
      [2, 28],
      [2, 30],
      [2, 31],
      [3, 6],
      [3, 1],
    ],
  },
  {
    name: 'haswell',
    uses: [
      [2, 5],
      [2, 3],
      [2, 8],
      [0, 1],
      [0, 23],
    ],
  },
  {
    name: 'westmere',
    uses: [
      [0, 20],
      [0, 1],
      [0, 23],
    ],
  },
  { name: 'fallback', uses: [] },
];

const choice = process.argv[2] ?? '';
const features = parseFeatures(choice);
if (features === undefined) {
  complain(
    `--cpu-features needs native, generic, ignore or a mask as "crac check --cpu-features" prints it, not '${choice}'.`,
  );
  process.exitCode = EXIT_CODES.usage;
} else {
  for (const line of choice === 'ignore' || features === '' ? [] : limits(features)) printLine(line);
  printLine(`export CRAC_CPU_FEATURES='${choice === 'ignore' ? choice : features || 'native'}'`);
}

function limits(mask: string): readonly string[] {
  const words = toWords(mask);
  const missing = FEATURES.filter(({ word, bit }) => !has(words, word, bit));
  const known = v8Options();
  const tunable = missing.flatMap(({ glibc }) => (glibc === undefined ? [] : [`-${glibc}`])).join(',');
  const options = missing.flatMap(({ v8 }) =>
    v8 !== undefined && known.has(v8) ? [`--no-enable-${v8}`] : [],
  );
  const simd = SIMD.find(({ uses }) => uses.every(([word, bit]) => has(words, word, bit)))?.name;
  const tunables = [process.env['GLIBC_TUNABLES'], `glibc.cpu.hwcaps=${tunable}`].filter(Boolean).join(':');
  return [
    `export GLIBC_TUNABLES=${quote(tunables)}`,
    `export OPENSSL_ia32cap='${openssl(words)}'`,
    ...(simd === 'icelake'
      ? []
      : [`export SIMDUTF_FORCE_IMPLEMENTATION=${simd} SIMDJSON_FORCE_IMPLEMENTATION=${simd}`]),
    `v8_options='${options.join(' ')}'`,
  ];
}

/** Words of 64 bits that OpenSSL takes away: CPUID 1, 7.0 ebx and ecx, 7.0 edx and 7.1 eax. Only bits that mean a feature are among them. */
function openssl(words: readonly number[]): string {
  const of = (index: number, features: number): bigint => BigInt((~(words[index] ?? 0) & features) >>> 0);
  const pair = (low: bigint, high: bigint): string => `~0x${((high << 32n) | low).toString(16)}`;
  const [first, second, third] = [
    pair(of(1, 0x07808110), of(0, 0x7ed83203)),
    pair(of(2, 0xfdb70128), of(3, 0x18405f42)),
    pair(of(4, 0x00c0010c), of(5, 0x00a000bf)),
  ];
  return `${first}:${second}:${third}`;
}

/** The features for which this Node.js has an option. */
function v8Options(): ReadonlySet<string> {
  const { stdout } = spawnSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  return new Set([...stdout.matchAll(/^ +--enable-([\w-]+) /gm)].map(([, name = '']) => name));
}

function has(words: readonly number[], word: number, bit: number): boolean {
  return (((words[word] ?? 0) >>> bit) & 1) === 1;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
