/*
 * bench_replay.c - the fold at full speed over real files: a journal of telemetry is written,
 * then read and applied in one go, as `carewatch replay` does it. Prints a JSON line for each
 * size; never fails on time.
 *
 *   build/tests/bench_replay [MESSAGES [DEVICES...]]      default: 1000000, 1000 and 100000
 *
 * Each device once a second, in a scattered order; rules as in a home. The clock is the
 * processor time of this thread: reading, CRC, decoding, detecting, lines.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "flow/flow_run.h"
#include "io/journal_file.h"

struct replay {
    struct flow_rules rules;
    struct engine_sink sink;
    uint64_t n_lines, n_told;
};

static double thread_s(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void on_lines(void *ctx, struct position at, struct cw_str lines, uint32_t n_lines)
{
    struct replay *replay = ctx;
    (void)at, (void)lines;
    replay->n_lines += n_lines;
}

static void on_transition(void *ctx, const struct transition *transition)
{
    struct replay *replay = ctx;
    (void)transition;
    replay->n_told++;
}

static void make_rules(struct replay *replay)
{
    static const char *const settings[] = {
        "metric=spo2 below=90 clear=92 for=15s",
        "metric=hr above=120 clear=110 for=10s",
        "metric=hr below=40 for=10s",
        "metric=resp above=30 below=8",
        "metric=temp above=38.5",
        "metric=sys above=180 for=1m",
        "metric=battery below=10",
    };
    static char name[7][8];
    flow_rules_begin(&replay->rules);
    for (size_t i = 0; i < 7; i++) {
        snprintf(name[i], sizeof(name[i]), "r%zu", i);
        flow_detector(&replay->rules, name[i], &carewatch_plugin_detect_threshold, settings[i]);
    }
    flow_builtin(&replay->rules);
    replay->rules.set.settings.max_devices = 10000000;
    replay->rules.set.settings.max_sites = 1000000;
    replay->rules.set.settings.max_series = 100000000;
    replay->sink =
        (struct engine_sink){.ctx = replay, .lines = on_lines, .transition = on_transition};
}

static void append(struct journal *journal, uint64_t n, uint64_t n_devices)
{
    uint64_t device = n * 7919 % n_devices;
    int64_t ms = INT64_C(1763865851000) + (int64_t)(n * 1000 / n_devices);
    char topic[64], payload[192];
    int n_topic = snprintf(topic, sizeof(topic), "care/v1/site-%05u/bed-%06u/telemetry",
                           (unsigned)(device / 20), (unsigned)device);
    int n_payload = snprintf(
        payload, sizeof(payload),
        "{\"ts\":%lld,\"hr\":%u,\"spo2\":%u,\"resp\":16,\"temp\":36.%u,\"sys\":12%u,"
        "\"dia\":75,\"battery\":88,\"seq\":%07u,\"unit\":\"bed-%05u\"}",
        (long long)ms, 60 + (unsigned)(n % 40), 93 + (unsigned)(n % 6), (unsigned)(n % 10),
        (unsigned)(n % 10), 1000000 + (unsigned)(n % 1000000), (unsigned)(device % 100000));
    struct record record = {
        .kind = RECORD_MESSAGE,
        .source = 1,
        .topic = {topic, (size_t)n_topic},
        .payload = {payload, (size_t)n_payload},
    };
    if (journal_append(journal, &record, ms * NS_PER_MS + 5 * NS_PER_MS, SYNC_LATER, NULL))
        BUG("the journal takes nothing");
}

static void write_journal(const char *dir, uint64_t n_messages, uint64_t n_devices)
{
    struct journal_options options = {
        .dir = dir,
        .segment_bytes = 64 << 20,
        .quota_bytes = INT64_C(64) << 30,
        .sync_interval_ns = NS_PER_S,
    };
    struct journal *journal;
    struct cw_error err;
    if (journal_open(&journal, &options, &err))
        BUG("%s", err.text);
    for (uint64_t n = 0; n < n_messages + n_devices; n++)
        append(journal, n, n_devices);
    journal_close(journal);
}

static void replay_journal(const char *dir, uint64_t n_devices)
{
    static struct replay replay;
    struct journal_reader *reader;
    struct record record;
    struct position at;
    struct cw_error err;
    uint64_t n = 0;
    double begin_s = 0;
    replay = (struct replay){.n_lines = 0};
    make_rules(&replay);
    struct engine *engine = engine_new(&replay.rules.set, &replay.sink);
    if (journal_reader_open(&reader, NULL, dir, (struct position){0, 0}, &err))
        BUG("%s", err.text);
    while (journal_reader_next(reader, &record, &at, &err) == 0) {
        struct cw_str topic;
        engine_expect(engine,
                      journal_reader_ahead(reader, ENGINE_AHEAD, &topic) ? topic : CW_STR(""));
        engine_apply(engine, &record, at);
        if (++n == n_devices)
            begin_s = thread_s(); /* devices are born */
    }
    double took_s = thread_s() - begin_s;
    n -= n_devices;
    printf("{\"devices\":%llu,\"messages\":%llu,\"lines\":%llu,\"transitions\":%llu,"
           "\"ns_per_message\":%.0f,\"messages_per_s\":%.0f}\n",
           (unsigned long long)n_devices, (unsigned long long)n,
           (unsigned long long)replay.n_lines, (unsigned long long)replay.n_told,
           took_s * 1e9 / (double)n, (double)n / took_s);
    fflush(stdout);
    journal_reader_close(reader);
    engine_free(engine);
    flow_rules_done(&replay.rules);
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
    (void)stat, (void)type, (void)ftw;
    return remove(path);
}

int main(int argc, char **argv)
{
    static const char *const usual[] = {"1000", "100000"};
    uint64_t n_messages = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    int n = argc > 2 ? argc - 2 : 2;
    for (int i = 0; i < n; i++) {
        char dir[] = "/tmp/carewatch-bench-XXXXXX";
        uint64_t n_devices = strtoull(argc > 2 ? argv[i + 2] : usual[i], NULL, 10);
        if (!mkdtemp(dir))
            BUG("there is no room in /tmp");
        write_journal(dir, n_messages, n_devices);
        replay_journal(dir, n_devices);
        (void)nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    }
    return 0;
}
