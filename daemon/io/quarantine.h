/*
 * quarantine.h - the last N refused payloads, in a bounded file, for a person to read.
 *
 * Not part of the fold. One JSON object per line: when, topic (escaped), reason, error,
 * length, payload (base64, cut at 4 KiB). Two files that take turns keep between N/2 and N.
 */
#ifndef IO_QUARANTINE_H
#define IO_QUARANTINE_H

#include "base/buf.h"
#include "base/json_out.h"
#include "core/journal/mask.h"
#include "core/journal/record.h"

struct quarantine;

/* `path` without suffix: PATH.0 and PATH.1 are used. */
int quarantine_open(struct quarantine **quarantine, const char *path, int64_t max_entries,
                    struct cw_error *err);
void quarantine_close(struct quarantine *quarantine);
/* Never fails the caller: a disk error is counted. */
void quarantine_add(struct quarantine *quarantine, enum cw_refusal reason,
                    const struct record *record, const struct cw_error *err);
/* A line the database refused. */
void quarantine_add_line(struct quarantine *quarantine, int64_t now_ns, struct cw_str line,
                         struct cw_str answer);
/* Does file 0 or 1 hold one of the words, or speak of the resident? Any thread. */
bool quarantine_file_has(const struct quarantine *quarantine, int i,
                         const struct mask_words *words, struct cw_str resident);
/* Forgets what is in file 0 or 1. */
void quarantine_empty(struct quarantine *quarantine, int i);
/* The newest `limit` as {"items":[...]} members, newest first. */
void quarantine_json(struct quarantine *quarantine, uint32_t limit, struct buf *out);
/* Of one site, without payloads: see quarantine_index_json(). Reads no file. */
void quarantine_of_site(const struct quarantine *quarantine, struct cw_str site, uint32_t limit,
                        struct json_out *out);

#endif
