import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as format from '#dist/image/format.js';
import { type RecordLayout, recordSize } from '#dist/image/record.js';

const header = readFileSync(new URL('../../../native/image/image.h', import.meta.url), 'utf8').replace(
  /\/\*.*?\*\//gs,
  '',
);
const SIZES: Readonly<Record<string, number>> = {
  uint8_t: 1,
  char: 1,
  uint16_t: 2,
  uint32_t: 4,
  uint64_t: 8,
  int64_t: 8,
};
const STRUCTS: Readonly<Record<string, RecordLayout>> = {
  crac_image: format.IMAGE_RECORD,
  crac_cpu: format.CPU_RECORD,
  crac_thread: format.THREAD_RECORD,
  crac_vma: format.VMA_RECORD,
  crac_run: format.RUN_RECORD,
  crac_file: format.FILE_RECORD,
  crac_fd: format.FD_RECORD,
  crac_listener: format.LISTENER_RECORD,
  crac_open_file: format.OPEN_FILE_RECORD,
  crac_epoll: format.EPOLL_RECORD,
  crac_owner: format.OWNER_RECORD,
  crac_clock: format.CLOCK_RECORD,
  crac_generator: format.GENERATOR_RECORD,
  crac_pools: format.POOLS_RECORD,
  crac_sigaction: format.SIGACTION_RECORD,
};

test('every record has the size and the fields of its C struct', () => {
  for (const [name, layout] of Object.entries(STRUCTS)) {
    const fields = structFields(name);
    assert.equal(
      recordSize(layout),
      fields.reduce((total, { size }) => total + size, 0),
      name,
    );
    const offsets = new Map(fields.map(({ name: field, offset }) => [camelCase(field), offset]));
    let offset = 0;
    for (const [field, type] of Object.entries(layout)) {
      if (field !== 'registers') assert.equal(offsets.get(field), offset, `${name}.${field}`);
      offset += recordSize({ field: type });
    }
  }
});

test('constants and numberings are those of the C header', () => {
  assert.equal(define('CRAC_FORMAT'), BigInt(format.IMAGE_FORMAT));
  assert.equal(define('CRAC_MAGIC'), format.IMAGE_MAGIC);
  assert.equal(define('CRAC_PAGE'), BigInt(format.PAGE_SIZE));
  assert.equal(define('CRAC_HEAD_SIZE'), BigInt(format.HEAD_LIMIT));
  assert.equal(define('CRAC_NONE'), BigInt(format.NONE));
  assert.equal(define('CRAC_NEEDS_ALL'), (1n << BigInt(format.KERNEL_NEEDS.length)) - 1n);
  assert.equal(define('CRAC_FILE_UNCHECKED'), BigInt(format.FILE_UNCHECKED));
  assert.equal(define('CRAC_LISTENER_ENV_PORT'), BigInt(format.LISTENER_ENV_PORT));
  assert.equal(1n << BigInt(/CRAC_CLOCK_LIMIT \(1ull << (\d+)\)/.exec(header)?.[1] ?? 0), format.CLOCK_LIMIT);
  assert.equal(define('CRAC_VMA_ALL'), (1n << BigInt(format.MAPPING_FLAGS.length)) - 1n);
  assert.equal(enumValue('CRAC_FD_KINDS'), format.IMAGE_DESCRIPTOR_KINDS.length + 1);
  assert.equal(enumValue('CRAC_CLOCK_POLICIES'), format.CLOCK_POLICIES.length);
  for (const [name, value] of Object.entries(format.NOTE_TYPES)) {
    assert.equal(Number(define('CRAC_NOTE_BASE')) + enumValue(`CRAC_NOTE_${name.toUpperCase()}`), value);
  }
});

function structFields(name: string): { name: string; offset: number; size: number }[] {
  const body = new RegExp(`struct ${name} \\{(.*?)\\n\\};`, 's').exec(header)?.[1] ?? '';
  const fields: { name: string; offset: number; size: number }[] = [];
  let offset = 0;
  for (const [, type = '', names = ''] of body.matchAll(/(\w+_t|char) ([^;]+);/g)) {
    for (const declarator of names.split(',')) {
      const [, field = '', length = '1'] = /(\w+)(?:\[(.+)\])?/.exec(declarator.trim()) ?? [];
      const size = (SIZES[type] ?? 0) * elements(length);
      fields.push({ name: field, offset, size });
      offset += size;
    }
  }
  return fields;
}

function elements(length: string): number {
  return length
    .replace('CRAC_CPU_WORDS', String(define('CRAC_CPU_WORDS')))
    .split('-')
    .map(Number)
    .reduce((a, b) => a - b);
}

function define(name: string): bigint {
  const value = new RegExp(`#define ${name} (0x[0-9a-f]+|\\d+)`).exec(header)?.[1];
  return BigInt(value ?? assert.fail(`${name} is not defined`));
}

function enumValue(name: string): number {
  return Number(new RegExp(`\\b${name} = (\\d+)`).exec(header)?.[1]);
}

function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
