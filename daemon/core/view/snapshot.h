/*
 * snapshot.h - bytes of the fold on their way to disk and back.
 *
 * The saver has one fixed buffer and a write function: no malloc, no lock, so that it runs
 * in a forked child. The loader reads a whole file in memory and never past its end; after
 * the first error everything reads as zero and `failed` stays set. Little-endian; strings
 * are a u32 length and bytes. A CRC-32C of all bytes closes the file.
 */
#ifndef CORE_VIEW_SNAPSHOT_H
#define CORE_VIEW_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/journal/record.h"

struct saver {
    int (*write)(void *ctx, const void *p, size_t n); /* 0 or negative errno */
    void *ctx;
    uint32_t crc;
    int error; /* the first */
    size_t n;
    uint64_t written;
    char room[16384];
};

void saver_init(struct saver *saver, int (*write)(void *, const void *, size_t), void *ctx);
void save_u8(struct saver *saver, uint8_t value);
void save_u32(struct saver *saver, uint32_t value);
void save_u64(struct saver *saver, uint64_t value);
void save_i64(struct saver *saver, int64_t value);
void save_f64(struct saver *saver, double value);
void save_str(struct saver *saver, struct cw_str s);
void save_bytes(struct saver *saver, const void *p, size_t n); /* n is known to the reader */
/* Header: magic, state version, position. First call. */
void saver_begin(struct saver *saver, uint32_t state_version, struct position at);
/* CRC and flush; 0 or the first error. */
int saver_end(struct saver *saver);

struct loader {
    const char *p;
    size_t n, at;
    bool failed;
    uint32_t version; /* of the part that is being read, see engine_save.c */
};

/* Checks magic and CRC. 0 or -EBADMSG. */
int loader_begin(struct loader *loader, const char *p, size_t n, uint32_t *state_version,
                 struct position *at);
uint8_t load_u8(struct loader *loader);
uint32_t load_u32(struct loader *loader);
uint64_t load_u64(struct loader *loader);
int64_t load_i64(struct loader *loader);
double load_f64(struct loader *loader);
struct cw_str load_str(struct loader *loader); /* borrowed from the file */
void load_bytes(struct loader *loader, void *p, size_t n);
/* A count of things that take at least `each` bytes: fails when it cannot be true. */
uint32_t load_count(struct loader *loader, size_t each);
/* Copies load_str() into a fixed field; fails when it does not fit. */
void load_field(struct loader *loader, char *dst, size_t cap);

#endif
