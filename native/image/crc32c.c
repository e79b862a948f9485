/*
 * CRC-32C (Castagnoli polynomial 0x1edc6f41, reflected 0x82f63b78), the checksum of heads and of
 * runs of pages.
 *
 * Two implementations with the same result: the `crc32` instruction eight bytes at a time, in three
 * independent streams because the instruction has a latency of three cycles and a throughput of
 * one; and a table of 16 entries, one nibble at a time, for CPUs without SSE 4.2.
 *
 * Three streams over blocks of STREAM bytes are joined with `advance`, a table that moves a CRC
 * over STREAM zero bytes. Both tables are built on first use in static memory; two threads that
 * build them at once write the same values.
 *
 * Owns no memory and no descriptors; needs no libc.
 */
#include "../arch/x86_64/crc32.h"
#include "text.h"

#define POLYNOMIAL 0x82f63b78u
#define STREAM 1024u

enum method { METHOD_UNKNOWN, METHOD_TABLE, METHOD_INSTRUCTION };

static enum method method;
static uint32_t nibbles[16];
static uint32_t advance[4][256];

/* Continues a (complemented) CRC bit by bit: only for building tables. */
static uint32_t shift_bits(uint32_t crc, unsigned bits)
{
    while (bits--)
        crc = (crc >> 1) ^ ((crc & 1) ? POLYNOMIAL : 0);
    return crc;
}

/* Moves a CRC over STREAM zero bytes. */
static uint32_t advance_stream(uint32_t crc)
{
    return advance[0][crc & 255] ^ advance[1][(crc >> 8) & 255] ^ advance[2][(crc >> 16) & 255] ^
           advance[3][crc >> 24];
}

/* The operation is linear: what 32 single bits become decides about all other values. */
static void build_advance(void)
{
    uint32_t single[32];
    for (unsigned bit = 0; bit < 32; bit++)
        single[bit] = shift_bits(1u << bit, STREAM * 8);
    for (unsigned position = 0; position < 4; position++) {
        for (unsigned value = 0; value < 256; value++) {
            uint32_t sum = 0;
            for (unsigned bit = 0; bit < 8; bit++) {
                if (value & (1u << bit))
                    sum ^= single[position * 8 + bit];
            }
            advance[position][value] = sum;
        }
    }
}

/* Picks the implementation and builds its table. */
static enum method choose(void)
{
    if (cpu_has_crc32()) {
        build_advance();
        return METHOD_INSTRUCTION;
    }
    for (unsigned value = 0; value < 16; value++)
        nibbles[value] = shift_bits(value, 4);
    return METHOD_TABLE;
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
    if (method == METHOD_UNKNOWN)
        method = choose();
    crc = ~crc;
    crc = method == METHOD_INSTRUCTION ? update_by_instruction(crc, data, size)
                                       : update_by_table(crc, data, size);
    return ~crc;
}
