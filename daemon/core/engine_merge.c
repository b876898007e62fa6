/*
 * engine_merge.c - what came through a door: a merge record, and the records it stands for.
 *
 * The merge record moves the time, like any other; its records do not, they arrived before
 * it. They share its position and count its ordinals on, so that to everybody outside a
 * stretch is one record that says a lot. A value is late by the time of the merge: what waited
 * at the door while the daemon was away is history, as it is from a broker's queue.
 */
#include "base/str.h"
#include "core/engine_private.h"
#include "core/health.h"

void engine_merge(struct engine *engine, const struct record *record)
{
    if (merge_read(record->payload, &engine->merge) == 0)
        (void)door_cursors_pass(&engine->fold.doors, &engine->merge);
    else
        engine->merge.source[0] = '\0';
}

/* The door's own: its writer found the end torn, and goes on behind it. */
static void door_disk(struct engine *engine, const struct record *record)
{
    struct cw_doc doc;
    if (decode_document(engine, record->payload, &doc) == CW_ACCEPTED)
        health_door(&engine->fold, str_of(engine->merge.source), &doc);
}

void engine_apply_merged(struct engine *engine, const struct record *record)
{
    engine->fold.counters.n_records++;
    if (record->kind == RECORD_MESSAGE)
        engine_message(engine, record);
    else if (record->kind == RECORD_DISK)
        door_disk(engine, record);
}
