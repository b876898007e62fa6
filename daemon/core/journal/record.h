/*
 * record.h - the journal's format: what a record is and how it lies in a segment. Pure.
 *
 *   segment   [header 64 B][record][record]...[zeros to the end]
 *   record    [length u32][crc32c u32][kind u8][flags u8][source u16][message id u16]
 *             [topic length u16][arrived_ns i64][topic][payload][zeros to a multiple of 8]
 *
 * Little-endian. `length` counts from its own first byte to the end of the payload. The CRC
 * covers everything behind it and is seeded with the segment's epoch, the record's offset
 * and length, so that a stale record of an earlier life of the disk is never taken for ours.
 * A segment holds whole records only; behind the last one there are always at least
 * SEGMENT_TAIL readable bytes (parsers may read past a payload's end).
 */
#ifndef CORE_JOURNAL_RECORD_H
#define CORE_JOURNAL_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include <carewatch/plugin.h>

#include "base/buf.h"

/* Offset counts bytes of all segments since the first; a segment's file offset is its base.
 * The epoch grows when a recovery cut something off, so positions are never used twice. */
struct position {
    uint32_t epoch;
    uint64_t offset;
};

int position_cmp(struct position a, struct position b); /* <0, 0, >0 */
/* "epoch.offset", NUL-terminated. */
#define POSITION_MAX 40
size_t position_format(struct position position, char dst[POSITION_MAX]);
int position_parse(struct cw_str s, struct position *position); /* 0 or -EINVAL */

enum record_kind {
    RECORD_MESSAGE = 1, /* topic, payload as received */
    RECORD_COMMAND,     /* topic: its name (ack, ...); payload: JSON */
    RECORD_CONFIG,      /* payload: effective configuration, without secrets */
    RECORD_REGISTRY,    /* topic: what (site, ...); payload: JSON with its author */
    RECORD_TICK,        /* the clock; empty */
    RECORD_LINK,        /* source: session; payload: "up" or "down" */
    RECORD_DELIVERY,    /* payload: JSON {alarm, rev, channel, to, ok} */
    RECORD_DISK,        /* payload: JSON: quota, full, failed, recovered */
    RECORD_CLOCK_STEP,  /* payload: JSON {step_ns} */
    RECORD_BOOT,        /* payload: JSON {version, abi, state_version} */
    RECORD_MERGE,       /* payload: JSON {source, epoch, offset}: order of merged journals */
    RECORD_REDACT,      /* payload: JSON {epoch, offset, by}: what was overwritten, by whom */
    N_RECORD_KINDS
};

enum record_flag {
    RECORD_DUP = 1,    /* MQTT dup flag */
    RECORD_RETAIN = 2, /* MQTT retain flag */
    RECORD_QOS1 = 4,
    RECORD_QOS2 = 8,
    RECORD_REDACTED = 16, /* the payload was overwritten at equal length */
};

struct record {
    uint8_t kind;                 /* enum record_kind */
    uint8_t flags;                /* enum record_flag */
    uint16_t source;              /* session that received it; 0 is the daemon itself */
    uint16_t message_id;          /* MQTT packet id; 0 none */
    int64_t arrived_ns;           /* strictly increasing over the journal */
    struct cw_str topic, payload; /* borrowed */
};

#define RECORD_HEADER 24u
#define MAX_RECORD_TOPIC 65535u
#define MAX_RECORD_PAYLOAD (1u << 20)

/* Bytes it takes, padding included. */
size_t record_size(const struct record *record);
/* Writes record_size() bytes at dst. */
void record_write(const struct record *record, struct position at, char *dst);
/* Reads the record at p, of n bytes up to the end of the segment. 0 and *size; -ENODATA at
 * zeros (the end), -EBADMSG when length or CRC is wrong (also any cut-off record). */
int record_read(const char *p, size_t n, struct position at, struct record *record,
                size_t *size);
/* Only which topic the bytes at p have, if they are a record, and how long it is: for looking
 * ahead. Nothing is checked but that it lies within n. */
bool record_glance(const char *p, size_t n, struct cw_str *topic, size_t *size);
const char *record_kind_name(uint8_t kind); /* "message", ...; "unknown" */

/* ---- segment header ---- */

#define SEGMENT_HEADER 64u
#define SEGMENT_TAIL 128u

struct segment_header {
    uint32_t version; /* SEGMENT_VERSION */
    uint32_t epoch;
    uint64_t base;  /* offset of the segment's first byte (its header) */
    uint64_t bytes; /* size of the file; base + bytes is where the next segment begins */
    int64_t created_ns;
};
#define SEGMENT_VERSION 1u

void segment_header_write(const struct segment_header *header, char dst[SEGMENT_HEADER]);
/* 0, -EBADMSG (magic or CRC), -ENOTSUP (a version we do not know). */
int segment_header_read(const char *p, size_t n, struct segment_header *header);

#endif
