/*
 * store_fixture.h - for tests of the store: a store in a folder of its own, a loop, and what
 * the store answered.
 */
#ifndef TESTS_IO_STORE_FIXTURE_H
#define TESTS_IO_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <errno.h>

#include <sqlite3.h>

#include "io/store.h"

struct fixture {
    uv_loop_t loop;
    struct store *store;
    char dir[64], path[128];
    /* answers */
    struct outbox_row due[8];
    size_t n_due;
    uint64_t n_waiting;
    char items[8192];
    uint64_t next;
    struct fact_page page; /* its lines are in items */
    int n_answers, n_commits;
};

static inline int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    (void)snprintf(f->dir, sizeof(f->dir), "/tmp/carewatch-store-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    (void)snprintf(f->path, sizeof(f->path), "%s/store.db", f->dir);
    assert_int_equal(uv_loop_init(&f->loop), 0);
    *state = f;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;
    char command[128];
    store_close(f->store);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&f->loop), 0);
    (void)snprintf(command, sizeof(command), "rm -rf %s", f->dir);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

static inline void open_store(struct fixture *f)
{
    struct cw_error err = {""};
    if (store_open(&f->store, f->path, &f->loop, &err) != 0)
        fail_msg("%s", err.text);
}

static inline void reopen(struct fixture *f)
{
    store_close(f->store);
    f->store = NULL;
    open_store(f);
}

static inline void on_due(void *ctx, const struct outbox_due *due)
{
    struct fixture *f = ctx;
    f->n_due = due->n;
    for (size_t i = 0; i < due->n && i < 8; i++)
        f->due[i] = due->row[i];
    f->n_answers++;
}

static inline void on_waiting(void *ctx, const struct outbox_due *due)
{
    struct fixture *f = ctx;
    f->n_waiting = due->n_waiting;
    f->n_answers++;
}

static inline void on_items(void *ctx, struct cw_str items, uint64_t next)
{
    struct fixture *f = ctx;
    assert_true(items.n < sizeof(f->items));
    memcpy(f->items, items.n ? items.p : "", items.n);
    f->items[items.n] = '\0';
    f->next = next;
    f->n_answers++;
}

static inline void on_commit(void *ctx)
{
    ((struct fixture *)ctx)->n_commits++;
}

static inline void on_page(void *ctx, const struct fact_page *page)
{
    struct fixture *f = ctx;
    f->page = *page;
    on_items(f, page->lines, 0);
}

static inline void run_until_answers(struct fixture *f, int n)
{
    while (f->n_answers < n)
        uv_run(&f->loop, UV_RUN_ONCE);
}

static inline void run_until_committed(struct fixture *f, struct position upto)
{
    while (position_cmp(store_committed(f->store), upto) < 0)
        uv_run(&f->loop, UV_RUN_ONCE);
}

#endif
