/*
 * trail.c - see trail.h. Values are written as the API shows them.
 */
#include "core/registry/trail.h"

#include <math.h>
#include <string.h>

#include "core/fold.h"

#define MAX_CHANGES_BYTES 65536u

void trail_look(struct trail *trail)
{
    *trail = (struct trail){.looks = true};
}

void trail_begin(struct trail *trail)
{
    *trail = (struct trail){0};
    buf_init(&trail->changes, MAX_CHANGES_BYTES);
    json_out_init(&trail->out, &trail->changes);
    json_object(&trail->out);
}

static bool differs(struct trail *trail, const char *field, bool same, bool was_known)
{
    if (same)
        return false;
    trail->n_changed++;
    trail->corrects = trail->corrects || was_known;
    if (trail->looks)
        return false;
    json_key(&trail->out, field);
    json_array(&trail->out);
    return true;
}

void trail_json(struct trail *trail, const char *field, struct cw_str old, struct cw_str now)
{
    bool same = old.n == now.n && (old.n == 0 || memcmp(old.p, now.p, old.n) == 0);
    if (!differs(trail, field, same, old.n > 0))
        return;
    json_raw(&trail->out, old.n ? old : CW_STR("null"));
    json_raw(&trail->out, now.n ? now : CW_STR("null"));
    json_array_end(&trail->out);
}

static void text_or_null(struct json_out *out, const char *text)
{
    if (*text)
        json_text(out, str_of(text));
    else
        json_null(out);
}

void trail_text(struct trail *trail, const char *field, const char *old, const char *now)
{
    if (!differs(trail, field, strcmp(old, now) == 0, *old != '\0'))
        return;
    text_or_null(&trail->out, old);
    text_or_null(&trail->out, now);
    json_array_end(&trail->out);
}

static void int_or_null(struct json_out *out, int64_t value, int64_t unknown)
{
    if (value == unknown)
        json_null(out);
    else
        json_int(out, value);
}

void trail_int(struct trail *trail, const char *field, int64_t old, int64_t now,
               int64_t unknown)
{
    if (!differs(trail, field, old == now, old != unknown))
        return;
    int_or_null(&trail->out, old, unknown);
    int_or_null(&trail->out, now, unknown);
    json_array_end(&trail->out);
}

static void real_or_null(struct json_out *out, double value)
{
    if (isnan(value))
        json_null(out);
    else
        json_real(out, value);
}

void trail_real(struct trail *trail, const char *field, double old, double now)
{
    bool same = isnan(old) ? isnan(now) : old == now;
    if (!differs(trail, field, same, !isnan(old)))
        return;
    real_or_null(&trail->out, old);
    real_or_null(&trail->out, now);
    json_array_end(&trail->out);
}

static void time_or_null(struct json_out *out, int64_t ns)
{
    if (ns)
        json_time(out, ns);
    else
        json_null(out);
}

void trail_time(struct trail *trail, const char *field, int64_t old_ns, int64_t now_ns)
{
    if (!differs(trail, field, old_ns == now_ns, old_ns != 0))
        return;
    time_or_null(&trail->out, old_ns);
    time_or_null(&trail->out, now_ns);
    json_array_end(&trail->out);
}

struct cw_str trail_changes(struct trail *trail)
{
    json_object_end(&trail->out);
    /* A list of changes that is too long for its room is not cut in the middle. */
    return trail->changes.full ? CW_STR("{}") : buf_str(&trail->changes);
}

void trail_end(struct trail *trail, struct fold *fold, struct trail_change change)
{
    change.changes = trail_changes(trail);
    change.at_ns = fold->now_ns;
    if (trail->corrects && fold->sink->trail)
        fold->sink->trail(fold->sink->ctx, fold->at, &change);
    trail_done(trail);
}

void trail_done(struct trail *trail)
{
    buf_done(&trail->changes);
}
