/*
 * record.c - records and segment headers to bytes and back. Every number is put together
 * byte by byte, so the files are the same on every machine; compilers make one load of it.
 */
#include "core/journal/record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/crc.h"
#include "base/num.h"
#include "base/str.h"

static void put(char *dst, uint64_t value, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dst[i] = (char)(value >> (8 * i) & 0xff);
}

static uint64_t get(const char *p, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++)
        value |= (uint64_t)(unsigned char)p[i] << (8 * i);
    return value;
}

static bool all_zero(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i])
            return false;
    }
    return true;
}

/* ---- positions ---- */

int position_cmp(struct position a, struct position b)
{
    if (a.epoch != b.epoch)
        return a.epoch < b.epoch ? -1 : 1;
    return (a.offset > b.offset) - (a.offset < b.offset);
}

size_t position_format(struct position position, char dst[POSITION_MAX])
{
    return (size_t)snprintf(dst, POSITION_MAX, "%lu.%llu", (unsigned long)position.epoch,
                            (unsigned long long)position.offset);
}

int position_parse(struct cw_str s, struct position *position)
{
    struct cw_str epoch_text, offset_text = s;
    uint64_t epoch, offset;
    if (!str_split(&offset_text, '.', &epoch_text) || !offset_text.p ||
        num_parse_u64(epoch_text, &epoch) != 0 || num_parse_u64(offset_text, &offset) != 0 ||
        epoch > UINT32_MAX)
        return -EINVAL;
    *position = (struct position){(uint32_t)epoch, offset};
    return 0;
}

/* ---- records ---- */

enum {
    AT_LENGTH = 0,
    AT_CRC = 4,
    AT_KIND = 8,
    AT_FLAGS = 9,
    AT_SOURCE = 10,
    AT_MESSAGE_ID = 12,
    AT_TOPIC_LENGTH = 14,
    AT_ARRIVED = 16,
};

static size_t padded(size_t n)
{
    return (n + 7) & ~(size_t)7;
}

static size_t record_length(const struct record *record)
{
    return RECORD_HEADER + record->topic.n + record->payload.n;
}

size_t record_size(const struct record *record)
{
    return padded(record_length(record));
}

static uint32_t record_crc(const char *p, size_t length, struct position at)
{
    char seed[16];
    put(seed, at.epoch, 4);
    put(seed + 4, at.offset, 8);
    put(seed + 12, length, 4);
    uint32_t crc = crc32c(0, seed, sizeof(seed));
    return crc32c(crc, p + AT_KIND, length - AT_KIND);
}

void record_write(const struct record *record, struct position at, char *dst)
{
    size_t length = record_length(record);
    put(dst + AT_LENGTH, length, 4);
    put(dst + AT_KIND, record->kind, 1);
    put(dst + AT_FLAGS, record->flags, 1);
    put(dst + AT_SOURCE, record->source, 2);
    put(dst + AT_MESSAGE_ID, record->message_id, 2);
    put(dst + AT_TOPIC_LENGTH, record->topic.n, 2);
    put(dst + AT_ARRIVED, (uint64_t)record->arrived_ns, 8);
    if (record->topic.n)
        memcpy(dst + RECORD_HEADER, record->topic.p, record->topic.n);
    if (record->payload.n)
        memcpy(dst + RECORD_HEADER + record->topic.n, record->payload.p, record->payload.n);
    memset(dst + length, 0, padded(length) - length);
    put(dst + AT_CRC, record_crc(dst, length, at), 4);
}

int record_read(const char *p, size_t n, struct position at, struct record *record,
                size_t *size)
{
    if (all_zero(p, n < RECORD_HEADER ? n : RECORD_HEADER))
        return -ENODATA;
    if (n < RECORD_HEADER)
        return -EBADMSG;
    size_t length = (size_t)get(p + AT_LENGTH, 4);
    size_t n_topic = (size_t)get(p + AT_TOPIC_LENGTH, 2);
    if (length < RECORD_HEADER + n_topic ||
        length > RECORD_HEADER + n_topic + MAX_RECORD_PAYLOAD || padded(length) > n)
        return -EBADMSG;
    if ((uint32_t)get(p + AT_CRC, 4) != record_crc(p, length, at))
        return -EBADMSG;
    *record = (struct record){
        .kind = (uint8_t)get(p + AT_KIND, 1),
        .flags = (uint8_t)get(p + AT_FLAGS, 1),
        .source = (uint16_t)get(p + AT_SOURCE, 2),
        .message_id = (uint16_t)get(p + AT_MESSAGE_ID, 2),
        .arrived_ns = (int64_t)get(p + AT_ARRIVED, 8),
        .topic = {p + RECORD_HEADER, n_topic},
        .payload = {p + RECORD_HEADER + n_topic, length - RECORD_HEADER - n_topic},
    };
    *size = padded(length);
    return 0;
}

bool record_glance(const char *p, size_t n, struct cw_str *topic, size_t *size)
{
    if (n < RECORD_HEADER)
        return false;
    size_t length = (size_t)get(p + AT_LENGTH, 4);
    size_t n_topic = (size_t)get(p + AT_TOPIC_LENGTH, 2);
    if (length < RECORD_HEADER + n_topic || padded(length) > n)
        return false;
    *topic = (struct cw_str){p + RECORD_HEADER, n_topic};
    *size = padded(length);
    return true;
}

const char *record_kind_name(uint8_t kind)
{
    static const char *const names[N_RECORD_KINDS] = {
        [RECORD_MESSAGE] = "message",
        [RECORD_COMMAND] = "command",
        [RECORD_CONFIG] = "config",
        [RECORD_REGISTRY] = "registry",
        [RECORD_TICK] = "tick",
        [RECORD_LINK] = "link",
        [RECORD_DELIVERY] = "delivery",
        [RECORD_DISK] = "disk",
        [RECORD_CLOCK_STEP] = "clock_step",
        [RECORD_BOOT] = "boot",
        [RECORD_MERGE] = "merge",
        [RECORD_REDACT] = "redact",
    };
    return kind < N_RECORD_KINDS && names[kind] ? names[kind] : "unknown";
}

/* ---- segment header ---- */

static const char segment_magic[8] = {'C', 'W', 'J', 'R', 'N', 'L', '\r', '\n'};

/* [magic 8][version u32][epoch u32][base u64][bytes u64][created i64][zeros][crc32c u32] */
enum {
    AT_VERSION = 8,
    AT_EPOCH = 12,
    AT_BASE = 16,
    AT_BYTES = 24,
    AT_CREATED = 32,
    AT_HEADER_CRC = SEGMENT_HEADER - 4,
};

void segment_header_write(const struct segment_header *header, char dst[SEGMENT_HEADER])
{
    memset(dst, 0, SEGMENT_HEADER);
    memcpy(dst, segment_magic, sizeof(segment_magic));
    put(dst + AT_VERSION, header->version, 4);
    put(dst + AT_EPOCH, header->epoch, 4);
    put(dst + AT_BASE, header->base, 8);
    put(dst + AT_BYTES, header->bytes, 8);
    put(dst + AT_CREATED, (uint64_t)header->created_ns, 8);
    put(dst + AT_HEADER_CRC, crc32c(0, dst, AT_HEADER_CRC), 4);
}

int segment_header_read(const char *p, size_t n, struct segment_header *header)
{
    if (n < SEGMENT_HEADER || memcmp(p, segment_magic, sizeof(segment_magic)) != 0 ||
        (uint32_t)get(p + AT_HEADER_CRC, 4) != crc32c(0, p, AT_HEADER_CRC))
        return -EBADMSG;
    *header = (struct segment_header){
        .version = (uint32_t)get(p + AT_VERSION, 4),
        .epoch = (uint32_t)get(p + AT_EPOCH, 4),
        .base = get(p + AT_BASE, 8),
        .bytes = get(p + AT_BYTES, 8),
        .created_ns = (int64_t)get(p + AT_CREATED, 8),
    };
    return header->version == SEGMENT_VERSION ? 0 : -ENOTSUP;
}
