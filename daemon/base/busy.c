/*
 * busy.c - see busy.h. The window has two halves, so that the worst of the last minute is
 * never forgotten before it is a minute old.
 */
#include "base/busy.h"

void busy_add(struct busy *busy, enum busy_work work, int64_t begin_ns, int64_t end_ns)
{
    struct busy_kind *kind = &busy->kind[work];
    int64_t took_ns = end_ns - begin_ns;
    if (end_ns - busy->window_ns > BUSY_WINDOW_NS) {
        for (int i = 0; i < N_BUSY; i++) {
            busy->kind[i].worst_before_ns = busy->kind[i].worst_ns;
            busy->kind[i].worst_ns = 0;
        }
        busy->window_ns = end_ns;
    }
    kind->n++;
    kind->total_ns += took_ns;
    kind->n_over += took_ns > BUSY_LIMIT_NS;
    if (took_ns > kind->worst_ns)
        kind->worst_ns = took_ns;
}

int64_t busy_worst_ns(const struct busy *busy, enum busy_work work)
{
    const struct busy_kind *kind = &busy->kind[work];
    return kind->worst_ns > kind->worst_before_ns ? kind->worst_ns : kind->worst_before_ns;
}

const char *busy_name(enum busy_work work)
{
    static const char *const name[N_BUSY] = {
        [BUSY_RECORDS] = "records", [BUSY_DOORS] = "doors",     [BUSY_STATE] = "state",
        [BUSY_REQUEST] = "request", [BUSY_STREAMS] = "streams", [BUSY_SNAPSHOT] = "snapshot",
    };
    return name[work];
}
