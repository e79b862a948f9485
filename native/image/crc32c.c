/*
 * CRC-32C (Castagnoli polynomial 0x1edc6f41, reflected 0x82f63b78), the checksum of heads and of
 * runs of pages.
 *
 * Two implementations with the same result: the `crc32` instruction eight bytes at a time, in three
 * independent streams because the instruction has a latency of three cycles and a throughput of
 * one; and a table of 16 entries, one nibble at a time, for CPUs without SSE 4.2. Three streams of
 * STREAM bytes nearly fill a page; they are joined with `advance`, which moves a CRC over STREAM
 * zero bytes (the operation is linear, so each nibble is looked up alone).
 *
 * The tables are constants on purpose: the agent checksums its own process, and a table that were
 * built on first use would change memory that is being written.
 *
 * Owns no memory and no descriptors; needs no libc.
 */
#include "../arch/x86_64/crc32.h"
#include "text.h"

#define STREAM 1360u

enum method { METHOD_UNKNOWN, METHOD_TABLE, METHOD_INSTRUCTION };

/* What a nibble becomes after four shifts. */
static const uint32_t nibbles[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};

/* What nibble n of a CRC, counted from the lowest, becomes after STREAM zero bytes. */
static const uint32_t advance[8][16] = {
    {0x00000000, 0x79113270, 0xf22264e0, 0x8b335690, 0xe1a8bf31, 0x98b98d41, 0x138adbd1, 0x6a9be9a1,
     0xc6bd0893, 0xbfac3ae3, 0x349f6c73, 0x4d8e5e03, 0x2715b7a2, 0x5e0485d2, 0xd537d342,
     0xac26e132},
    {0x00000000, 0x889667d7, 0x14c0b95f, 0x9c56de88, 0x298172be, 0xa1171569, 0x3d41cbe1, 0xb5d7ac36,
     0x5302e57c, 0xdb9482ab, 0x47c25c23, 0xcf543bf4, 0x7a8397c2, 0xf215f015, 0x6e432e9d,
     0xe6d5494a},
    {0x00000000, 0xa605caf8, 0x49e7e301, 0xefe229f9, 0x93cfc602, 0x35ca0cfa, 0xda282503, 0x7c2deffb,
     0x2273faf5, 0x8476300d, 0x6b9419f4, 0xcd91d30c, 0xb1bc3cf7, 0x17b9f60f, 0xf85bdff6,
     0x5e5e150e},
    {0x00000000, 0x44e7f5ea, 0x89cfebd4, 0xcd281e3e, 0x1673a159, 0x529454b3, 0x9fbc4a8d, 0xdb5bbf67,
     0x2ce742b2, 0x6800b758, 0xa528a966, 0xe1cf5c8c, 0x3a94e3eb, 0x7e731601, 0xb35b083f,
     0xf7bcfdd5},
    {0x00000000, 0x59ce8564, 0xb39d0ac8, 0xea538fac, 0x62d66361, 0x3b18e605, 0xd14b69a9, 0x8885eccd,
     0xc5acc6c2, 0x9c6243a6, 0x7631cc0a, 0x2fff496e, 0xa77aa5a3, 0xfeb420c7, 0x14e7af6b,
     0x4d292a0f},
    {0x00000000, 0x8eb5fb75, 0x1887801b, 0x96327b6e, 0x310f0036, 0xbfbafb43, 0x2988802d, 0xa73d7b58,
     0x621e006c, 0xecabfb19, 0x7a998077, 0xf42c7b02, 0x5311005a, 0xdda4fb2f, 0x4b968041,
     0xc5237b34},
    {0x00000000, 0xc43c00d8, 0x8d947741, 0x49a87799, 0x1ec49873, 0xdaf898ab, 0x9350ef32, 0x576cefea,
     0x3d8930e6, 0xf9b5303e, 0xb01d47a7, 0x7421477f, 0x234da895, 0xe771a84d, 0xaed9dfd4,
     0x6ae5df0c},
    {0x00000000, 0x7b1261cc, 0xf624c398, 0x8d36a254, 0xe9a5f1c1, 0x92b7900d, 0x1f813259, 0x64935395,
     0xd6a79573, 0xadb5f4bf, 0x208356eb, 0x5b913727, 0x3f0264b2, 0x4410057e, 0xc926a72a,
     0xb234c6e6},
};

/* Moves a CRC over STREAM zero bytes. */
static uint32_t advance_stream(uint32_t crc)
{
    uint32_t sum = 0;
    for (unsigned nibble = 0; nibble < 8; nibble++)
        sum ^= advance[nibble][(crc >> (4 * nibble)) & 15];
    return sum;
}

static uint32_t update_by_table(uint32_t crc, const uint8_t *data, size_t size)
{
    while (size--) {
        crc ^= *data++;
        crc = (crc >> 4) ^ nibbles[crc & 15];
        crc = (crc >> 4) ^ nibbles[crc & 15];
    }
    return crc;
}

/* Eight bytes at any address, without an alignment promise to the compiler. */
static uint64_t load_8(const uint8_t *data)
{
    uint64_t value;
    __builtin_memcpy(&value, data, sizeof(value));
    return value;
}

/* One block of three streams; the three chains of instructions run side by side in the CPU. */
static uint32_t update_block(uint32_t crc, const uint8_t *data)
{
    uint64_t first = crc, second = 0, third = 0;
    for (unsigned at = 0; at < STREAM; at += 8) {
        first = crc32_of_8(first, load_8(data + at));
        second = crc32_of_8(second, load_8(data + STREAM + at));
        third = crc32_of_8(third, load_8(data + 2 * STREAM + at));
    }
    return advance_stream(advance_stream((uint32_t)first) ^ (uint32_t)second) ^ (uint32_t)third;
}

static uint32_t update_by_instruction(uint32_t crc, const uint8_t *data, size_t size)
{
    for (; size >= 3 * STREAM; size -= 3 * STREAM, data += 3 * STREAM)
        crc = update_block(crc, data);
    for (; size >= 8; size -= 8, data += 8)
        crc = (uint32_t)crc32_of_8(crc, load_8(data));
    while (size--)
        crc = crc32_of_1(crc, *data++);
    return crc;
}

uint32_t crc32c(uint32_t crc, const void *data, size_t size)
{
    static enum method method;
    if (method == METHOD_UNKNOWN)
        method = cpu_has_crc32() ? METHOD_INSTRUCTION : METHOD_TABLE;
    crc = ~crc;
    crc = method == METHOD_INSTRUCTION ? update_by_instruction(crc, data, size)
                                       : update_by_table(crc, data, size);
    return ~crc;
}
