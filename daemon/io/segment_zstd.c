/*
 * segment_zstd.c - the frame is written in pieces, so that compressing 64 MiB takes 1 MiB; it
 * is read in one, for a reader wants all of it.
 */
#include "io/segment_zstd.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zstd.h>

#include "base/mem.h"
#include "io/journal_segment.h"

#define LEVEL 3
#define PIECE_BYTES ((size_t)1 << 20)
#define HEAD_BYTES 32 /* more than the largest header of a frame */

static int compress_all(ZSTD_CCtx *cctx, const char *p, size_t n, int fd, uint64_t *written)
{
    char *piece = xmalloc(PIECE_BYTES);
    ZSTD_inBuffer in = {p, n, 0};
    size_t left = 1;
    int rc = 0;
    *written = 0;
    while (rc == 0 && left != 0) {
        ZSTD_outBuffer out = {piece, PIECE_BYTES, 0};
        left = ZSTD_compressStream2(cctx, &out, &in, ZSTD_e_end);
        if (ZSTD_isError(left))
            rc = -EIO;
        else
            rc = segment_write(fd, piece, out.pos, *written);
        *written += out.pos;
    }
    free(piece);
    return rc;
}

int segment_compress(const char *p, size_t n, int fd, uint64_t *written)
{
    ZSTD_CCtx *cctx = ZSTD_createCCtx();
    if (!cctx)
        BUG("out of memory");
    size_t set = ZSTD_CCtx_setParameter(cctx, ZSTD_c_compressionLevel, LEVEL);
    set |= ZSTD_CCtx_setParameter(cctx, ZSTD_c_checksumFlag, 1);
    set |= ZSTD_CCtx_setPledgedSrcSize(cctx, n);
    int rc = ZSTD_isError(set) ? -EIO : compress_all(cctx, p, n, fd, written);
    ZSTD_freeCCtx(cctx);
    return rc;
}

int segment_content_size(int fd, uint64_t *bytes)
{
    char head[HEAD_BYTES];
    ssize_t n = pread(fd, head, sizeof(head), 0);
    if (n < 0)
        return -errno;
    unsigned long long size = ZSTD_getFrameContentSize(head, (size_t)n);
    if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR ||
        size < SEGMENT_HEADER || size > MAX_SEGMENT_BYTES)
        return -EBADMSG;
    *bytes = size;
    return 0;
}

static int decompress_into(int fd, char *to, size_t n)
{
    struct stat file;
    if (fstat(fd, &file) != 0)
        return -errno;
    size_t n_file = (size_t)file.st_size;
    void *from = mmap(NULL, n_file, PROT_READ, MAP_PRIVATE, fd, 0);
    if (from == MAP_FAILED)
        return -errno;
    size_t got = ZSTD_decompress(to, n, from, n_file);
    (void)munmap(from, n_file);
    return !ZSTD_isError(got) && got == n ? 0 : -EBADMSG;
}

int segment_decompress(int fd, char **p, size_t *n)
{
    uint64_t bytes;
    int rc = segment_content_size(fd, &bytes);
    if (rc)
        return rc;
    *n = (size_t)bytes;
    void *to = mmap(NULL, *n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (to == MAP_FAILED)
        return -errno;
    rc = decompress_into(fd, to, *n);
    if (rc) {
        (void)munmap(to, *n);
        return rc;
    }
    (void)mprotect(to, *n, PROT_READ);
    *p = to;
    return 0;
}
