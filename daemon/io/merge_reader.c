/*
 * merge_reader.c - a reader of the daemon's journal, and one per door that follows it.
 *
 * A door's reader stands where its last stretch ended, which is where the next one begins;
 * only at the end of a segment, and after a jump, it is opened anew.
 */
#include "io/merge_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

struct door_reader {
    char name[MAX_DOOR_NAME + 1];
    char *dir;
    struct journal_reader *reader; /* NULL: nowhere */
};

struct merge_reader {
    struct journal_reader *journal;
    struct door_reader door[MAX_DOORS];
    uint32_t n_doors;
    /* The stretch that is being read. */
    struct merge merge;
    uint32_t n_left;
    struct position at;
    int64_t merged_ns;
};

int merge_reader_open(struct merge_reader **reader, struct journal *journal, const char *dir,
                      struct position from, struct cw_error *err)
{
    struct merge_reader *opened = xcalloc(1, sizeof(*opened));
    *reader = NULL;
    int rc = journal_reader_open(&opened->journal, journal, dir, from, err);
    if (rc)
        free(opened);
    else
        *reader = opened;
    return rc;
}

void merge_reader_close(struct merge_reader *reader)
{
    if (!reader)
        return;
    for (uint32_t i = 0; i < reader->n_doors; i++) {
        journal_reader_close(reader->door[i].reader);
        free(reader->door[i].dir);
    }
    journal_reader_close(reader->journal);
    free(reader);
}

static struct door_reader *find_door(struct merge_reader *reader, const char *name)
{
    for (uint32_t i = 0; i < reader->n_doors; i++) {
        if (strcmp(reader->door[i].name, name) == 0)
            return &reader->door[i];
    }
    return NULL;
}

static void leave_door(struct door_reader *door)
{
    journal_reader_close(door->reader);
    door->reader = NULL;
}

bool merge_reader_door(struct merge_reader *reader, const char *name, const char *dir)
{
    struct door_reader *door = find_door(reader, name);
    if (door && strcmp(door->dir, dir) == 0)
        return true;
    if (!door) {
        if (reader->n_doors == MAX_DOORS)
            return false;
        door = &reader->door[reader->n_doors++];
        (void)str_copy(door->name, sizeof(door->name), str_of(name));
    }
    leave_door(door);
    free(door->dir);
    door->dir = xstrdup(dir);
    return true;
}

/* ---- a stretch ---- */

static void begin_merge(struct merge_reader *reader, const struct record *record,
                        struct position at)
{
    if (merge_read(record->payload, &reader->merge) != 0)
        return;
    reader->n_left = reader->merge.n_records;
    reader->at = at;
    reader->merged_ns = record->arrived_ns;
}

static int missing(struct merge_reader *reader, struct door_reader *door, const char *why,
                   struct cw_error *err)
{
    char from[POSITION_MAX];
    (void)position_format(reader->merge.from, from);
    int rc = err_set(err, -EBADMSG, "door %s: %u records at %s are missing: %s",
                     reader->merge.source, reader->n_left, from, why);
    reader->n_left = 0;
    if (door)
        leave_door(door);
    return rc;
}

/* The door's reader stands at the stretch, of the segment that is meant. */
static int enter_door(struct merge_reader *reader, struct door_reader *door,
                      struct cw_error *err)
{
    struct position from = reader->merge.from;
    if (door->reader && position_cmp(journal_reader_position(door->reader), from) == 0)
        return 0;
    leave_door(door);
    int rc = journal_reader_open(&door->reader, NULL, door->dir, from, err);
    if (rc == 0 && journal_reader_segment(door->reader).created_ns != reader->merge.created_ns)
        rc = err_set(err, -ESTALE, "there is another journal in %s", door->dir);
    return rc;
}

static int next_merged(struct merge_reader *reader, struct record *record, struct cw_error *err)
{
    struct door_reader *door = find_door(reader, reader->merge.source);
    struct cw_error why = {"they end before"};
    struct position at = {0, 0};
    if (!door)
        return missing(reader, NULL, "nobody says where that door is", err);
    bool begins = reader->n_left == reader->merge.n_records;
    int rc = begins ? enter_door(reader, door, &why) : 0;
    if (rc == 0)
        rc = journal_reader_next(door->reader, record, &at, &why);
    if (journal_error_passes(rc)) /* they are there: the next call tries again */
        return err_set(err, rc, "door %s: %s", reader->merge.source, why.text);
    if (rc || at.epoch != reader->merge.from.epoch || at.offset >= reader->merge.end)
        return missing(reader, door, why.text, err);
    record->arrived_ns = merge_arrived_ns(&reader->merge, record, reader->merged_ns);
    reader->n_left--;
    return 0;
}

/* ---- reading ---- */

int merge_reader_next(struct merge_reader *reader, struct record *record, struct position *at,
                      bool *merged, struct cw_error *err)
{
    *merged = reader->n_left > 0;
    if (*merged) {
        *at = reader->at;
        return next_merged(reader, record, err);
    }
    int rc = journal_reader_next(reader->journal, record, at, err);
    if (rc == 0 && record->kind == RECORD_MERGE)
        begin_merge(reader, record, *at);
    return rc;
}

bool merge_reader_passed_removed(const struct merge_reader *reader)
{
    return journal_reader_passed_removed(reader->journal);
}

bool merge_reader_ahead(struct merge_reader *reader, uint32_t n, struct cw_str *topic)
{
    if (reader->n_left == 0)
        return journal_reader_ahead(reader->journal, n, topic);
    const struct door_reader *door = find_door(reader, reader->merge.source);
    return door && door->reader && journal_reader_ahead(door->reader, n, topic);
}

bool merge_reader_within(const struct merge_reader *reader)
{
    return reader->n_left > 0;
}

struct position merge_reader_position(const struct merge_reader *reader)
{
    return reader->n_left > 0 ? reader->at : journal_reader_position(reader->journal);
}
