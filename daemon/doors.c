/*
 * doors.c - waits at the doors' FIFOs, cuts what is new into merge records, a bounded piece per
 * turn of the loop.
 */
#include "doors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/units.h"
#include "daemon.h"
#include "io/journal_grave.h"
#include "pipeline_private.h"

#define TURN_NS (2 * NS_PER_MS)
/* A start waits so long for the backlog; the rest comes turn by turn, ticks wait. */
#define START_NS NS_PER_S

struct door {
    struct doors *doors;
    const char *name, *dir;
    struct door_tail *tail; /* NULL: not there */
    uv_poll_t *poll;
    struct door_cursor cursor; /* of the last tail, when the folder went away */
    bool has_cursor, written;
    char why[160]; /* it is not open */
    uint64_t n_damaged;
    char damage[160];
    struct complaint absent, damaged, refused;
};

struct doors {
    struct daemon *daemon;
    struct door door[MAX_DOORS];
    size_t n;
    uv_idle_t *more; /* active while a turn left something behind */
    struct buf text; /* of a merge record */
};

/* ---- merging ---- */

static int append_merge(struct doors *doors, const struct merge *merge, struct position *behind)
{
    struct journal *journal = doors->daemon->journal;
    buf_clear(&doors->text);
    merge_write(merge, &doors->text);
    struct record record = {
        .kind = RECORD_MERGE, .topic = CW_STR("door"), .payload = buf_str(&doors->text)};
    /* At once: the door's sync has gathered them already. It also may go to the reserve, for
     * there can be calls in it. */
    int rc = journal_append(journal, &record, journal_now(journal), SYNC_NOW, behind);
    behind->offset += rc == 0 ? record_size(&record) : 0;
    return rc;
}

static void tell_damage(struct door *door, const struct cw_error *err)
{
    door->n_damaged++;
    (void)str_copy(door->damage, sizeof(door->damage),
                   (struct cw_str){err->text, utf8_cut(str_of(err->text), 150)});
    complain(&door->damaged, clock_monotonic_ns(), "going on behind what cannot be read (%s)",
             err->text);
}

enum outcome { MERGED_ALL, MERGED_SOME, MERGE_REFUSED };

static enum outcome merge_one(struct door *door)
{
    struct journal *journal = door->doors->daemon->journal;
    struct cw_error err = {""};
    struct position behind;
    struct merge merge;
    int rc = door_tail_next(door->tail, journal_wall_offset_ns(journal), &merge, &err);
    if (rc == -ENODATA)
        return door_tail_sleep(door->tail) ? MERGED_ALL : MERGED_SOME;
    if (rc == -EBADMSG) {
        tell_damage(door, &err);
        return MERGED_SOME;
    }
    rc = rc ? rc : append_merge(door->doors, &merge, &behind);
    if (rc) {
        complain(&door->refused, clock_monotonic_ns(),
                 "what is at the door cannot be merged, trying again every second door=%s (%s)",
                 door->name, err.text[0] ? err.text : strerror(-rc));
        return MERGE_REFUSED;
    }
    complaint_over(&door->refused, "merging again door=%s", door->name);
    door_tail_merged(door->tail, &merge, behind);
    return MERGED_SOME;
}

/* False: time was over. */
static bool merge_until(struct door *door, int64_t until_ns)
{
    enum outcome outcome = MERGED_SOME;
    while (door->tail && outcome == MERGED_SOME) {
        outcome = merge_one(door);
        if (outcome == MERGED_SOME && clock_monotonic_ns() >= until_ns)
            return false;
    }
    return true;
}

static void on_more(uv_idle_t *idle)
{
    struct doors *doors = idle->data;
    if (doors_merge(doors))
        (void)uv_idle_stop(idle);
}

static bool merge_all(struct doors *doors, int64_t until_ns)
{
    bool all = true;
    for (size_t i = 0; i < doors->n; i++)
        all = merge_until(&doors->door[i], until_ns) && all;
    if (!all)
        (void)uv_idle_start(doors->more, on_more);
    return all;
}

bool doors_merge(struct doors *doors)
{
    if (!doors || journal_failed(doors->daemon->journal))
        return true;
    int64_t begin_ns = clock_monotonic_ns();
    bool all = merge_all(doors, begin_ns + TURN_NS);
    busy_add(&doors->daemon->busy, BUSY_DOORS, begin_ns, clock_monotonic_ns());
    return all;
}

static void on_wake(uv_poll_t *poll, int status, int events)
{
    struct door *door = poll->data;
    (void)status;
    (void)events;
    door->doors->daemon->n_wakes.door++;
    door_tail_awake(door->tail);
    (void)doors_merge(door->doors);
}

/* ---- opening and closing ---- */

static void handle_closed(uv_handle_t *handle)
{
    free(handle);
}

static void close_door(struct door *door)
{
    if (!door->tail)
        return;
    door->has_cursor = door_tail_cursor(door->tail, &door->cursor) || door->has_cursor;
    uv_close((uv_handle_t *)door->poll, handle_closed);
    door_tail_close(door->tail);
    door->tail = NULL;
    door->poll = NULL;
    door->written = false;
}

static void start_poll(struct door *door)
{
    door->poll = xcalloc(1, sizeof(*door->poll));
    door->poll->data = door;
    if (uv_poll_init(&door->doors->daemon->loop, door->poll, door_tail_fd(door->tail)) != 0 ||
        uv_poll_start(door->poll, UV_READABLE, on_wake) != 0)
        BUG("the loop refused a door's pipe");
}

static void open_door(struct door *door)
{
    struct daemon *daemon = door->doors->daemon;
    const struct fold *fold = engine_fold(pipeline_engine(daemon->pipeline));
    const struct door_cursor *cursor =
        door->has_cursor ? &door->cursor : door_cursors_find(&fold->doors, str_of(door->name));
    struct cw_error err = {""};
    int rc = door_tail_open(&door->tail, door->name, door->dir, cursor,
                            journal_end(daemon->journal), &err);
    if (rc) {
        (void)str_copy(door->why, sizeof(door->why),
                       (struct cw_str){err.text, utf8_cut(str_of(err.text), 150)});
        complain(&door->absent, clock_monotonic_ns(), "%s, trying again every second",
                 err.text);
        return;
    }
    complaint_over(&door->absent, "the door is there door=%s", door->name);
    door->why[0] = '\0';
    door->written = door_tail_is_written(door->tail);
    start_poll(door);
    log_info("door open door=%s dir=%s broker=%s", door->name, door->dir,
             door->written ? "writes" : "not there");
}

void doors_look(struct doors *doors)
{
    for (size_t i = 0; doors && i < doors->n; i++) {
        struct door *door = &doors->door[i];
        if (door->tail && !door_tail_is_there(door->tail)) {
            log_warning("the folder of a door went away door=%s dir=%s", door->name, door->dir);
            close_door(door);
        }
        if (!door->tail)
            open_door(door);
        if (door->tail)
            door->written = door_tail_is_written(door->tail);
    }
}

size_t doors_trim(struct doors *doors, struct position before, struct journal_grave *grave)
{
    size_t n = 0;
    for (size_t i = 0; doors && i < doors->n && before.epoch > 0; i++) {
        if (doors->door[i].tail && door_tail_trim(doors->door[i].tail, before, &grave[n]) > 0)
            n++;
    }
    return n;
}

/* ---- asking ---- */

size_t doors_status(const struct doors *doors, struct door_status *status, size_t max)
{
    size_t n = !doors ? 0 : doors->n < max ? doors->n : max;
    for (size_t i = 0; i < n; i++) {
        const struct door *door = &doors->door[i];
        status[i] = (struct door_status){.name = door->name,
                                         .dir = door->dir,
                                         .is_there = door->tail != NULL,
                                         .is_written = door->written,
                                         .why = door->why,
                                         .n_damaged = door->n_damaged,
                                         .damage = door->damage};
        if (door->tail)
            door_tail_stat(door->tail, &status[i].stat);
    }
    return n;
}

bool doors_after(const struct doors *doors, size_t i, uint64_t bytes, struct position *at)
{
    return doors && i < doors->n && doors->door[i].tail &&
           door_tail_after(doors->door[i].tail, bytes, at);
}

/* ---- life ---- */

void doors_start(struct doors **out, struct daemon *daemon)
{
    struct doors *doors = xcalloc(1, sizeof(*doors));
    const struct config *config = daemon->config;
    *out = doors;
    doors->daemon = daemon;
    buf_init(&doors->text, 1024);
    doors->more = xcalloc(1, sizeof(*doors->more));
    doors->more->data = doors;
    if (uv_idle_init(&daemon->loop, doors->more) != 0)
        BUG("the loop refused the doors' handle");
    for (size_t i = 0; i < config->n_doors && i < MAX_DOORS; i++) {
        struct door *door = &doors->door[doors->n++];
        door->doors = doors;
        door->name = config->door[i].name;
        door->dir = config->door[i].dir;
    }
    doors_look(doors);
    (void)merge_all(doors, clock_monotonic_ns() + START_NS);
}

void doors_stop(struct doors *doors)
{
    if (!doors)
        return;
    for (size_t i = 0; i < doors->n; i++)
        close_door(&doors->door[i]);
    uv_close((uv_handle_t *)doors->more, handle_closed);
    buf_done(&doors->text);
    free(doors);
}
