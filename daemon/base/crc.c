/*
 * crc.c - CRC-32C eight bytes at a time by the processor's instruction where there is one
 * (a single stream is enough for records), else by a small table of the reflected
 * polynomial 0x82f63b78.
 */
#include "base/crc.h"

#include <string.h>

static uint32_t table_crc(uint32_t crc, const unsigned char *p, size_t n)
{
    /* Half-byte steps need sixteen entries, few enough to stand here. */
    static const uint32_t table[16] = {
        0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
        0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
        0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
    };
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        crc = (crc >> 4) ^ table[crc & 15];
        crc = (crc >> 4) ^ table[crc & 15];
    }
    return crc;
}

#if defined(__x86_64__)
#include <nmmintrin.h>

__attribute__((target("sse4.2"))) static uint32_t sse_crc(uint32_t crc, const unsigned char *p,
                                                          size_t n)
{
    uint64_t wide = crc;
    for (; n >= 8; p += 8, n -= 8) {
        uint64_t eight;
        memcpy(&eight, p, sizeof(eight));
        wide = _mm_crc32_u64(wide, eight);
    }
    crc = (uint32_t)wide;
    for (; n; p++, n--)
        crc = _mm_crc32_u8(crc, *p);
    return crc;
}

static uint32_t raw_crc(uint32_t crc, const unsigned char *p, size_t n)
{
    return __builtin_cpu_supports("sse4.2") ? sse_crc(crc, p, n) : table_crc(crc, p, n);
}
#else
static uint32_t raw_crc(uint32_t crc, const unsigned char *p, size_t n)
{
    return table_crc(crc, p, n);
}
#endif

uint32_t crc32c(uint32_t crc, const void *p, size_t n)
{
    return ~raw_crc(~crc, p, n);
}

uint32_t crc32c_portable(uint32_t crc, const void *p, size_t n)
{
    return ~table_crc(~crc, p, n);
}
