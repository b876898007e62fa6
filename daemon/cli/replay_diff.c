/*
 * replay_diff.c - see replay_diff.h. Each alarm of the first run takes the earliest one of the
 * second that has its rule and subject, overlaps its time and is not taken yet.
 */
#include "cli/replay_diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "base/json_out.h"
#include "base/mem.h"

void told_init(struct told_alarms *told)
{
    map_init(&told->by_id);
}

void told_done(struct told_alarms *told)
{
    struct alarm *alarm;
    for (uint32_t i = 0; (alarm = map_next(&told->by_id, &i, NULL));)
        free(alarm);
    map_done(&told->by_id);
}

void told_take(struct told_alarms *told, const struct transition *transition)
{
    struct cw_str id = str_of(transition->alarm->id);
    struct alarm *alarm = map_get(&told->by_id, id);
    if (!alarm) {
        alarm = xmalloc(sizeof(*alarm));
        (void)map_put(&told->by_id, id, alarm);
    }
    *alarm = *transition->alarm;
}

/* One line of the answer. */
struct difference {
    const char *what;
    const struct alarm *before, *after; /* one may be NULL */
};

static int64_t end_of(const struct alarm *alarm, int64_t end_ns)
{
    return alarm->cleared_ns ? alarm->cleared_ns : end_ns;
}

static bool same(const struct alarm *a, const struct alarm *b, int64_t end_ns)
{
    return strcmp(a->rule, b->rule) == 0 && strcmp(a->subject, b->subject) == 0 &&
           a->raised_ns <= end_of(b, end_ns) && b->raised_ns <= end_of(a, end_ns);
}

static int64_t moment_of(const struct difference *d)
{
    return d->before ? d->before->raised_ns : d->after->raised_ns;
}

static int by_time(const void *a, const void *b)
{
    const struct difference *x = a, *y = b;
    if (moment_of(x) != moment_of(y))
        return moment_of(x) < moment_of(y) ? -1 : 1;
    const struct alarm *p = x->before ? x->before : x->after;
    const struct alarm *q = y->before ? y->before : y->after;
    return strcmp(p->id, q->id);
}

static void print_text(const struct difference *d, struct buf *out)
{
    const struct alarm *alarm = d->after ? d->after : d->before;
    char was[INSTANT_MAX] = "-", is[INSTANT_MAX] = "-";
    if (d->before)
        (void)instant_format(d->before->raised_ns, was);
    if (d->after)
        (void)instant_format(d->after->raised_ns, is);
    buf_printf(out, "%-7s %s %s before=%s after=%s\n", d->what, alarm->rule, alarm->subject,
               was, is);
}

static void print_json(const struct difference *d, struct buf *out)
{
    struct json_out json;
    json_out_init(&json, out);
    json_object(&json);
    json_member_text(&json, "change", str_of(d->what));
    json_key(&json, "before");
    if (d->before)
        alarm_json(d->before, &json);
    else
        json_null(&json);
    json_key(&json, "after");
    if (d->after)
        alarm_json(d->after, &json);
    else
        json_null(&json);
    json_object_end(&json);
    buf_add_char(out, '\n');
}

/* Pairs what is in both; what is left over on either side is a difference. */
static struct difference *match(const struct told_alarms *before,
                                const struct told_alarms *after, int64_t end_ns, size_t *n)
{
    uint32_t n_after = map_count(&after->by_id), k = 0;
    const struct alarm **list = xcalloc(n_after + 1, sizeof(struct alarm *));
    struct difference *found =
        xcalloc((size_t)map_count(&before->by_id) + n_after + 1, sizeof(*found));
    const struct alarm *alarm;
    *n = 0;
    for (uint32_t i = 0; (alarm = map_next(&after->by_id, &i, NULL));)
        list[k++] = alarm;
    for (uint32_t i = 0; (alarm = map_next(&before->by_id, &i, NULL));) {
        const struct alarm *twin = NULL;
        for (k = 0; k < n_after && !twin; k++) {
            if (list[k] && same(alarm, list[k], end_ns)) {
                twin = list[k];
                list[k] = NULL;
            }
        }
        if (!twin)
            found[(*n)++] = (struct difference){"removed", alarm, NULL};
        else if (twin->raised_ns != alarm->raised_ns)
            found[(*n)++] = (struct difference){"moved", alarm, twin};
    }
    for (k = 0; k < n_after; k++) {
        if (list[k])
            found[(*n)++] = (struct difference){"added", NULL, list[k]};
    }
    free(list);
    return found;
}

size_t told_diff(const struct told_alarms *before, const struct told_alarms *after,
                 int64_t end_ns, bool json, struct buf *out)
{
    size_t n;
    struct difference *found = match(before, after, end_ns, &n);
    qsort(found, n, sizeof(*found), by_time);
    for (size_t i = 0; i < n; i++) {
        if (json)
            print_json(&found[i], out);
        else
            print_text(&found[i], out);
    }
    free(found);
    return n;
}
