/*
 * bench_visits.c - how much room a visit takes in the store, and how long a page of a million
 * takes: by nothing, site, worker, project, exception, time; the first page and those behind.
 *
 *   bench_visits [VISITS]      bytes a visit, and the 99th percentile of each question
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/units.h"
#include "core/registry/registry.h"
#include "core/service/visit.h"
#include "io/store.h"

#define SITES 1650u
#define BATCH 20000u
#define ASKED 200u
#define T0 (INT64_C(1735689600) * NS_PER_S)

static uv_loop_t loop;
static bool answered;
static char next_page[64];

static void on_rows(void *ctx, struct cw_str items, uint32_t n, const char *next)
{
    (void)ctx;
    (void)items;
    (void)n;
    answered = true;
    (void)snprintf(next_page, sizeof(next_page), "%s", next ? next : "");
}

static void make(struct store *store, uint64_t n)
{
    struct site site = {.kind = SITE_STATION};
    for (uint64_t i = 0; i < n; i++) {
        struct visit visit = {.state = i % 20 ? VISIT_VERIFIED : VISIT_MISSED,
                              .exceptions = i % 20 ? 0 : EXCEPTION_MISSED,
                              .evidence = EVIDENCE_CHECKIN | EVIDENCE_CHECKOUT | EVIDENCE_TAG,
                              .distance_m = 12,
                              .amount_fen = 6000};
        (void)snprintf(site.id, sizeof(site.id), "station-%u", (unsigned)(i % SITES));
        (void)snprintf(site.district, sizeof(site.district), "5101%02u",
                       (unsigned)(i % SITES % 22));
        (void)snprintf(visit.id, sizeof(visit.id), "visit-%llu", (unsigned long long)i);
        (void)snprintf(visit.service, sizeof(visit.service), "bath");
        (void)snprintf(visit.recipient, sizeof(visit.recipient), "r-%u", (unsigned)(i % 90000));
        (void)snprintf(visit.worker, sizeof(visit.worker), "w-%u", (unsigned)(i % 12000));
        (void)snprintf(visit.project, sizeof(visit.project), "p-%u", (unsigned)(i % 5700));
        (void)snprintf(visit.method, sizeof(visit.method), "nfc");
        visit.start_ns = T0 + (int64_t)i * 30 * NS_PER_S;
        visit.end_ns = visit.checkout_ns = visit.start_ns + 3600 * NS_PER_S;
        visit.checkin_ns = visit.changed_ns = visit.start_ns;
        visit.settled_ns = visit.start_ns;
        for (int k = 0; k < N_MOMENTS; k++)
            visit.moment_ns[k] = visit.start_ns + k * NS_PER_S;
        store_add_visit(store, (struct position){1, i + 1}, 0, &site, &visit);
        if (i % BATCH == BATCH - 1 || i + 1 == n) {
            store_commit(store, (struct position){1, i + 2});
            while (!store_idle(store))
                (void)uv_run(&loop, UV_RUN_ONCE);
        }
    }
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* The 99th percentile over ASKED pages of 200, each behind the one before. */
static void ask(struct store *store, const char *name, struct store_list list)
{
    int64_t took_ns[ASKED];
    next_page[0] = '\0';
    list.of = LIST_VISITS;
    list.limit = 200;
    for (uint32_t i = 0; i < ASKED; i++) {
        struct store_list page = list;
        (void)store_list_after(&page, next_page);
        int64_t from_ns = clock_monotonic_ns();
        answered = false;
        store_query_list(store, &page, on_rows, NULL);
        while (!answered)
            (void)uv_run(&loop, UV_RUN_ONCE);
        took_ns[i] = clock_monotonic_ns() - from_ns;
    }
    qsort(took_ns, ASKED, sizeof(took_ns[0]), by_size);
    printf("%-28s p50 %7.2f ms   p99 %7.2f ms\n", name, (double)took_ns[ASKED / 2] / 1e6,
           (double)took_ns[ASKED * 99 / 100] / 1e6);
}

static void ask_all(struct store *store, uint64_t n)
{
    struct store_list list = {.n_filters = 0};
    ask(store, "all", list);
    store_list_is(&list, "site", "station-7");
    ask(store, "of a site", list);
    list = (struct store_list){.n_filters = 0};
    store_list_is(&list, "worker", "w-7");
    ask(store, "of a worker", list);
    list = (struct store_list){.n_filters = 0};
    store_list_is(&list, "project", "p-7");
    store_list_number(&list, "project", TEST_NOT_EMPTY, 0);
    ask(store, "of a project", list);
    list = (struct store_list){.n_filters = 0};
    store_list_number(&list, "exceptions", TEST_NOT_ZERO, 0);
    store_list_number(&list, "exceptions", TEST_BITS, EXCEPTION_MISSED);
    ask(store, "missed", list);
    list = (struct store_list){.n_filters = 0};
    store_list_number(&list, "start_ms", TEST_FROM, T0 / NS_PER_MS + (int64_t)n * 15000);
    store_list_number(&list, "start_ms", TEST_BEFORE, T0 / NS_PER_MS + (int64_t)n * 16000);
    ask(store, "of some days", list);
    list = (struct store_list){.n_filters = 0};
    store_list_is(&list, "district", "510107");
    ask(store, "of a district", list);
}

int main(int argc, char **argv)
{
    uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    char dir[] = "/tmp/carewatch-bench-XXXXXX", path[64], command[64];
    struct cw_error err = {""};
    struct store *store;
    struct stat st;
    if (!mkdtemp(dir) || uv_loop_init(&loop))
        return 1;
    (void)snprintf(path, sizeof(path), "%s/store.db", dir);
    if (store_open(&store, path, &loop, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    int64_t from_ns = clock_monotonic_ns();
    make(store, n);
    double seconds = (double)(clock_monotonic_ns() - from_ns) / 1e9;
    printf("%llu visits written in %.1f s\n", (unsigned long long)n, seconds);
    ask_all(store, n);
    store_close(store);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    if (stat(path, &st) == 0)
        printf("%.0f bytes a visit\n", (double)st.st_size / (double)n);
    (void)snprintf(command, sizeof(command), "rm -r %s", dir);
    return system(command) == 0 ? 0 : 1;
}
