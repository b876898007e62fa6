/*
 * segment_zstd.h - a segment compressed and back (libzstd's only door). Private to journal_*.c.
 *
 * One frame with its content's size and checksum; nothing else in the file.
 */
#ifndef IO_SEGMENT_ZSTD_H
#define IO_SEGMENT_ZSTD_H

#include <stddef.h>
#include <stdint.h>

#define MAX_SEGMENT_BYTES (UINT64_C(2) << 30)

/* Writes n bytes compressed to the file, from its beginning; *written: how many. 0, -ENOSPC,
 * other negative errno. Any thread. */
int segment_compress(const char *p, size_t n, int fd, uint64_t *written);
/* How many bytes are in it. 0, -EBADMSG, other negative errno. */
int segment_content_size(int fd, uint64_t *bytes);
/* The content in memory of its own: munmap(*p, *n). 0, -EBADMSG, other negative errno. */
int segment_decompress(int fd, char **p, size_t *n);

#endif
