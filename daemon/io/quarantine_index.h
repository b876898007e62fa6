/*
 * quarantine_index.h - of each refusal that is kept, whose it is and why, in memory: a site
 * asks for its own without a file being read. Payloads are not in it. Not part of the fold.
 */
#ifndef IO_QUARANTINE_INDEX_H
#define IO_QUARANTINE_INDEX_H

#include "base/json_out.h"
#include "base/str.h"

struct refused_row {
    char site[MAX_ID + 1]; /* "" nobody's: its topic names none */
    char reason[32];
    char *json; /* of the line, all in front of the payload; owned */
};

/* By file, oldest first; of a file with more lines than MAX_INDEXED at least the newest half of
 * so many. */
#define MAX_INDEXED 4096u
struct quarantine_index {
    struct refused_row *row[2];
    uint32_t n[2];
};

void quarantine_index_done(struct quarantine_index *index);
/* A line of file 0 or 1, as it is written there, without its end. */
void quarantine_index_add(struct quarantine_index *index, int file, struct cw_str line);
void quarantine_index_clear(struct quarantine_index *index, int file);
/* The members "n", "reasons" ([{"reason","n"}], most first) and "items" (the newest `limit`,
 * newest first) of the site; `current` is the file that is written now. */
void quarantine_index_json(const struct quarantine_index *index, int current,
                           struct cw_str site, uint32_t limit, struct json_out *out);

#endif
