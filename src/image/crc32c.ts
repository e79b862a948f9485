const POLYNOMIAL = 0x82f63b78;

let table: Uint32Array | undefined;

/** CRC-32C (Castagnoli) of `bytes`; `previous` continues an earlier result. */
export function crc32c(bytes: Uint8Array, previous = 0): number {
  table ??= makeTable();
  let crc = ~previous;
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0);
  return ~crc >>> 0;
}

function makeTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    return crc >>> 0;
  });
}
