/*
 * bench_journal.c - what the journal costs, on the disk under the folder given (default
 * /tmp). Prints NAME VALUE UNIT, one a line; never fails on time.
 *
 *   append     one SYNC_LATER append of a typical record, a single thread
 *   urgent     one SYNC_NOW append until it is synced, alone
 *   read       walking over all of it
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/units.h"
#include "io/journal_file.h"
#include "io/journal_grave.h"

enum { N_APPENDS = 300000, N_URGENT = 200 };

static int by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void print_times(const char *name, int64_t *ns, size_t n)
{
    qsort(ns, n, sizeof(*ns), by_value);
    printf("%s_median %lld ns\n%s_p99 %lld ns\n%s_max %lld ns\n", name, (long long)ns[n / 2],
           name, (long long)ns[n * 99 / 100], name, (long long)ns[n - 1]);
}

static struct record sample(void)
{
    return (struct record){
        .kind = RECORD_MESSAGE,
        .flags = RECORD_QOS1,
        .source = 1,
        .topic = CW_STR("care/v1/site-17/bed-312/telemetry"),
        .payload = CW_STR("{\"ts\":1763865851000,\"hr\":72,\"spo2\":97,\"resp\":16,"
                          "\"temp\":36.6,\"in_bed\":true,\"battery\":88,\"rssi\":-61}"),
    };
}

static int bench_append(struct journal *journal)
{
    struct record record = sample();
    struct position at = {0, 0};
    int64_t *ns = xcalloc(N_APPENDS, sizeof(*ns));
    int rc = 0;
    int64_t before_ns = clock_monotonic_ns(), began_ns = before_ns;
    for (size_t i = 0; rc == 0 && i < N_APPENDS; i++) {
        rc = journal_append(journal, &record, (int64_t)i, SYNC_LATER, &at);
        int64_t now_ns = clock_monotonic_ns();
        ns[i] = now_ns - before_ns;
        before_ns = now_ns;
    }
    int64_t took_ns = clock_monotonic_ns() - began_ns;
    if (rc == 0)
        rc = journal_wait(journal, at);
    if (rc == 0) {
        print_times("append", ns, N_APPENDS);
        printf("append_rate %lld /s\n", (long long)(N_APPENDS * NS_PER_S / took_ns));
    }
    free(ns);
    return rc;
}

static int bench_urgent(struct journal *journal)
{
    struct record record = sample();
    struct position at;
    int64_t ns[N_URGENT];
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < N_URGENT; i++) {
        int64_t began_ns = clock_monotonic_ns();
        rc = journal_append(journal, &record, 0, SYNC_NOW, &at);
        rc = rc ? rc : journal_wait(journal, at);
        ns[i] = clock_monotonic_ns() - began_ns;
    }
    if (rc == 0)
        print_times("urgent", ns, N_URGENT);
    return rc;
}

static int bench_read(struct journal *journal)
{
    struct journal_reader *reader;
    struct record record;
    struct position at;
    struct cw_error err;
    int rc = journal_reader_open(&reader, journal, NULL, (struct position){0, 0}, &err);
    if (rc)
        return rc;
    int64_t n = 0, began_ns = clock_monotonic_ns();
    while ((rc = journal_reader_next(reader, &record, &at, &err)) == 0)
        n++;
    int64_t took_ns = clock_monotonic_ns() - began_ns;
    printf("read %lld ns\n", (long long)(took_ns / (n ? n : 1)));
    journal_reader_close(reader);
    return rc == -ENODATA ? 0 : rc;
}

int main(int argc, char **argv)
{
    char dir[4096];
    (void)snprintf(dir, sizeof(dir), "%s/bench_journal.XXXXXX", argc > 1 ? argv[1] : "/tmp");
    if (!mkdtemp(dir)) {
        perror(dir);
        return EXIT_FAILURE;
    }
    struct journal *journal;
    struct cw_error err = {""};
    const struct journal_options options = {.dir = dir, .sync_interval_ns = 20 * NS_PER_MS};
    int rc = journal_open(&journal, &options, &err);
    if (rc == 0) {
        rc = bench_append(journal);
        rc = rc ? rc : bench_urgent(journal);
        rc = rc ? rc : bench_read(journal);
        struct journal_stat stat;
        journal_stat(journal, &stat);
        printf("sync_p99 %lld ns\nsyncs %llu\n", (long long)stat.sync_p99_ns,
               (unsigned long long)stat.n_syncs);
        struct journal_grave grave;
        if (journal_trim(journal, journal_end(journal), &grave))
            (void)journal_grave_fill(&grave);
        journal_close(journal);
    }
    if (rc)
        fprintf(stderr, "bench_journal: %s %s\n", strerror(-rc), err.text);
    char command[sizeof(dir) + 16];
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
    return system(command) == 0 && rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
