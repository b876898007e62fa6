/*
 * crc.h - CRC-32C (Castagnoli, RFC 3720 appendix B.4), by SSE 4.2 where the processor has it.
 */
#ifndef BASE_CRC_H
#define BASE_CRC_H

#include <stddef.h>
#include <stdint.h>

/* Start with crc = 0; feed the result back in for the next piece.
 * crc32c(0, "123456789", 9) == 0xe3069283. */
uint32_t crc32c(uint32_t crc, const void *p, size_t n);
/* The same without the processor's instruction: what crc32c() falls back to. */
uint32_t crc32c_portable(uint32_t crc, const void *p, size_t n);

#endif
