/*
 * busy.h - how long the loop is at one kind of work without a breath. No turn may exceed
 * BUSY_LIMIT_NS; here it is seen when one does. The times come in as arguments.
 */
#ifndef BASE_BUSY_H
#define BASE_BUSY_H

#include <stdint.h>

#define BUSY_LIMIT_NS (INT64_C(5) * 1000000)
#define BUSY_WINDOW_NS (INT64_C(60) * 1000000000)

enum busy_work {
    BUSY_RECORDS,  /* applying what is in the journal */
    BUSY_DOORS,    /* cutting what came through a door into merge records */
    BUSY_STATE,    /* once a second: looking after disk, health, channels */
    BUSY_REQUEST,  /* answering one request */
    BUSY_STREAMS,  /* frames to the clients of event streams */
    BUSY_SNAPSHOT, /* until the child that writes it is forked */
    N_BUSY
};

struct busy_kind {
    uint64_t n, n_over; /* stretches; those over the limit */
    int64_t total_ns;
    int64_t worst_ns, worst_before_ns; /* of this window, and of the one before it */
};

struct busy {
    struct busy_kind kind[N_BUSY];
    int64_t window_ns; /* when it began */
};

void busy_add(struct busy *busy, enum busy_work work, int64_t begin_ns, int64_t end_ns);
/* The worst of the last one to two minutes. */
int64_t busy_worst_ns(const struct busy *busy, enum busy_work work);
const char *busy_name(enum busy_work work);

#endif
