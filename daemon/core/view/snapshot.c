/*
 * snapshot.c - saver and loader: bytes in order, little-endian, closed by a CRC.
 *
 *   "CWSTATE\n" [state version u32][epoch u32][offset u64] ... [crc32c u32]
 */
#include "core/view/snapshot.h"

#include <errno.h>
#include <string.h>

#include "base/crc.h"

#define MAGIC "CWSTATE\n"
#define MAGIC_SIZE 8u
#define HEAD_SIZE (MAGIC_SIZE + 4u + 4u + 8u)
#define CRC_SIZE 4u

void saver_init(struct saver *saver, int (*write)(void *, const void *, size_t), void *ctx)
{
    saver->write = write;
    saver->ctx = ctx;
    saver->crc = 0;
    saver->error = 0;
    saver->n = 0;
    saver->written = 0;
}

static void flush(struct saver *saver)
{
    if (saver->error == 0 && saver->n)
        saver->error = saver->write(saver->ctx, saver->room, saver->n);
    saver->written += saver->n;
    saver->n = 0;
}

static void put(struct saver *saver, const void *p, size_t n)
{
    const char *from = p;
    while (n > 0) {
        if (saver->n == sizeof(saver->room))
            flush(saver);
        size_t some = sizeof(saver->room) - saver->n;
        if (some > n)
            some = n;
        memcpy(saver->room + saver->n, from, some);
        saver->n += some;
        from += some;
        n -= some;
    }
}

void save_bytes(struct saver *saver, const void *p, size_t n)
{
    if (n == 0)
        return;
    saver->crc = crc32c(saver->crc, p, n);
    put(saver, p, n);
}

static void save_uint(struct saver *saver, uint64_t value, size_t n)
{
    unsigned char byte[8];
    for (size_t i = 0; i < n; i++)
        byte[i] = (unsigned char)(value >> (8 * i));
    save_bytes(saver, byte, n);
}

void save_u8(struct saver *saver, uint8_t value)
{
    save_uint(saver, value, 1);
}

void save_u32(struct saver *saver, uint32_t value)
{
    save_uint(saver, value, 4);
}

void save_u64(struct saver *saver, uint64_t value)
{
    save_uint(saver, value, 8);
}

void save_i64(struct saver *saver, int64_t value)
{
    save_uint(saver, (uint64_t)value, 8);
}

void save_f64(struct saver *saver, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    save_uint(saver, bits, 8);
}

void save_str(struct saver *saver, struct cw_str s)
{
    save_u32(saver, (uint32_t)s.n);
    save_bytes(saver, s.p, s.n);
}

void saver_begin(struct saver *saver, uint32_t state_version, struct position at)
{
    save_bytes(saver, MAGIC, MAGIC_SIZE);
    save_u32(saver, state_version);
    save_u32(saver, at.epoch);
    save_u64(saver, at.offset);
}

int saver_end(struct saver *saver)
{
    save_u32(saver, saver->crc);
    flush(saver);
    return saver->error;
}

/* ---- and back ---- */

static const unsigned char *take(struct loader *loader, size_t n)
{
    if (loader->failed || n > loader->n - loader->at) {
        loader->failed = true;
        return NULL;
    }
    const char *p = loader->p + loader->at;
    loader->at += n;
    return (const unsigned char *)p;
}

static uint64_t load_uint(struct loader *loader, size_t n)
{
    const unsigned char *byte = take(loader, n);
    uint64_t value = 0;
    for (size_t i = 0; byte && i < n; i++)
        value |= (uint64_t)byte[i] << (8 * i);
    return value;
}

int loader_begin(struct loader *loader, const char *p, size_t n, uint32_t *state_version,
                 struct position *at)
{
    if (n < HEAD_SIZE + CRC_SIZE || memcmp(p, MAGIC, MAGIC_SIZE) != 0)
        return -EBADMSG;
    *loader = (struct loader){.p = p, .n = n, .at = n - CRC_SIZE};
    if (load_u32(loader) != crc32c(0, p, n - CRC_SIZE))
        return -EBADMSG;
    *loader = (struct loader){.p = p, .n = n - CRC_SIZE, .at = MAGIC_SIZE};
    *state_version = load_u32(loader);
    at->epoch = load_u32(loader);
    at->offset = load_u64(loader);
    return 0;
}

uint8_t load_u8(struct loader *loader)
{
    return (uint8_t)load_uint(loader, 1);
}

uint32_t load_u32(struct loader *loader)
{
    return (uint32_t)load_uint(loader, 4);
}

uint64_t load_u64(struct loader *loader)
{
    return load_uint(loader, 8);
}

int64_t load_i64(struct loader *loader)
{
    return (int64_t)load_uint(loader, 8);
}

double load_f64(struct loader *loader)
{
    uint64_t bits = load_uint(loader, 8);
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

struct cw_str load_str(struct loader *loader)
{
    size_t n = load_u32(loader);
    const unsigned char *p = take(loader, n);
    return p ? (struct cw_str){(const char *)p, n} : (struct cw_str){"", 0};
}

void load_bytes(struct loader *loader, void *p, size_t n)
{
    if (n == 0)
        return;
    const unsigned char *from = take(loader, n);
    if (from)
        memcpy(p, from, n);
    else
        memset(p, 0, n);
}

uint32_t load_count(struct loader *loader, size_t each)
{
    uint32_t n = load_u32(loader);
    if (each && n > (loader->n - loader->at) / each) {
        loader->failed = true;
        return 0;
    }
    return n;
}

void load_field(struct loader *loader, char *dst, size_t cap)
{
    struct cw_str s = load_str(loader);
    if (s.n >= cap) {
        loader->failed = true;
        s = (struct cw_str){"", 0};
    }
    memcpy(dst, s.p, s.n);
    dst[s.n] = '\0';
}
