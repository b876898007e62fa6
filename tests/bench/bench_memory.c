/*
 * bench_memory.c - what so many devices cost in memory, and how long their state takes to be
 * written and read again. Prints a JSON line for each size; never fails on time.
 *
 *   build/tests/bench_memory [DEVICES...]        default: 1000 10000 100000
 *
 * Each device has seven metrics, each with a threshold and an EWMA, and says its class, so
 * that it is supervised; half of the devices have an ensemble on one metric. Each size is a
 * process of its own: what is counted is what the kernel says it holds (RssAnon).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "flow/flow_run.h"

extern const struct cw_plugin carewatch_plugin_detect_ewma;
extern const struct cw_plugin carewatch_plugin_detect_ensemble;

#define N_METRICS 7
#define N_ROUNDS 8 /* messages of each device */
#define T0_MS INT64_C(1763865851000)
#define MAX_STATE_BYTES ((size_t)1 << 30)

static const char *const metric[N_METRICS] = {"hr",  "spo2", "resp",   "temp",
                                              "sys", "dia",  "battery"};

static double now_s(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double rss_anon_mb(void)
{
    char line[256];
    double mb = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof(line), file)) {
        if (strncmp(line, "RssAnon:", 8) == 0)
            mb = (double)strtol(line + 8, NULL, 10) / 1024;
    }
    if (file)
        fclose(file);
    return mb;
}

static void make_rules(struct flow_rules *rules)
{
    static char name[2 * N_METRICS][16];
    flow_rules_begin(rules);
    for (size_t i = 0; i < N_METRICS; i++) {
        char threshold[64], ewma[64];
        snprintf(name[2 * i], sizeof(name[0]), "t-%s", metric[i]);
        snprintf(name[2 * i + 1], sizeof(name[0]), "e-%s", metric[i]);
        snprintf(threshold, sizeof(threshold), "metric=%s above=500", metric[i]);
        snprintf(ewma, sizeof(ewma), "metric=%s limit=50", metric[i]);
        flow_detector(rules, name[2 * i], &carewatch_plugin_detect_threshold, threshold);
        flow_detector(rules, name[2 * i + 1], &carewatch_plugin_detect_ewma, ewma);
    }
    flow_detector(rules, "strange", &carewatch_plugin_detect_ensemble, "metric=hr")->device =
        "e-*";
    flow_builtin(rules);
    rules->set.settings.max_devices = 1000000;
    rules->set.settings.max_sites = 100000;
    rules->set.settings.max_series = 10000000;
}

static void say(struct engine *engine, uint32_t device, const char *kind, int64_t ms,
                const char *payload)
{
    static char text[512];
    static uint64_t offset;
    char topic[64];
    int n_topic = snprintf(topic, sizeof(topic), "care/v1/site-%05u/%c-%06u/%s", device / 50,
                           device % 2 ? 'e' : 'b', device, kind);
    size_t n = strlen(payload);
    memcpy(text, payload, n + 1);
    struct record record = {
        .kind = RECORD_MESSAGE,
        .source = 1,
        .arrived_ns = ms * NS_PER_MS + 1,
        .topic = {topic, (size_t)n_topic},
        .payload = {text, n},
    };
    engine_apply(engine, &record, (struct position){1, offset += 64});
}

static void push_all(struct engine *engine, uint32_t n_devices)
{
    for (uint32_t i = 0; i < n_devices; i++)
        say(engine, i, "status", T0_MS, "{\"online\":true,\"class\":\"180s\"}");
    for (uint32_t round = 1; round <= N_ROUNDS; round++) {
        for (uint32_t i = 0; i < n_devices; i++) {
            char payload[256];
            int64_t ms = T0_MS + round * 10000;
            snprintf(payload, sizeof(payload),
                     "{\"ts\":%lld,\"hr\":%u,\"spo2\":%u,\"resp\":16,\"temp\":36.%u,"
                     "\"sys\":12%u,\"dia\":75,\"battery\":88}",
                     (long long)ms, 60 + (i + round) % 30, 94 + i % 5, i % 10, round % 10);
            say(engine, i, "telemetry", ms, payload);
        }
    }
}

static int add_bytes(void *ctx, const void *p, size_t n)
{
    buf_add(ctx, p, n);
    return 0;
}

static void no_lines(void *ctx, struct position at, struct cw_str lines, uint32_t n_lines)
{
    (void)ctx, (void)at, (void)lines, (void)n_lines;
}

static double save(const struct engine *engine, struct buf *file)
{
    static struct saver saver;
    double begin_s = now_s();
    buf_init(file, MAX_STATE_BYTES);
    saver_init(&saver, add_bytes, file);
    saver_begin(&saver, STATE_VERSION, (struct position){1, 64});
    engine_save(engine, &saver);
    if (saver_end(&saver))
        BUG("the state cannot be saved");
    return now_s() - begin_s;
}

static double load(struct engine *engine, const struct buf *file)
{
    struct loader loader;
    struct cw_error err = {""};
    struct position at;
    uint32_t version;
    double begin_s = now_s();
    if (loader_begin(&loader, file->p, file->n, &version, &at) ||
        engine_load(engine, &loader, &err))
        BUG("the state cannot be loaded: %s", err.text);
    return now_s() - begin_s;
}

static void measure(uint32_t n_devices)
{
    struct flow_rules rules;
    struct engine_sink sink = {.lines = no_lines};
    struct buf file;
    make_rules(&rules);
    double before_mb = rss_anon_mb();
    struct engine *engine = engine_new(&rules.set, &sink);
    push_all(engine, n_devices);
    double mb = rss_anon_mb() - before_mb;
    double save_s = save(engine, &file);
    engine_free(engine);
    struct engine *again = engine_new(&rules.set, &sink);
    double load_s = load(again, &file);
    size_t n_file = file.n;
    buf_done(&file);
    double again_mb = rss_anon_mb() - before_mb;
    printf("{\"devices\":%u,\"series\":%u,\"watches\":%u,\"rss_anon_mb\":%.1f,"
           "\"bytes_per_series\":%.0f,\"state_mb\":%.1f,\"save_s\":%.2f,\"load_s\":%.2f,"
           "\"rss_anon_loaded_mb\":%.1f}\n",
           n_devices, n_devices * N_METRICS, n_devices * 2 * N_METRICS + n_devices / 2, mb,
           mb * 1048576 / (n_devices * N_METRICS), (double)n_file / 1048576, save_s, load_s,
           again_mb);
    engine_free(again);
    flow_rules_done(&rules);
}

int main(int argc, char **argv)
{
    static const char *const usual[] = {"1000", "10000", "100000"};
    int n = argc > 1 ? argc - 1 : 3;
    for (int i = 0; i < n; i++) {
        const char *size = argc > 1 ? argv[i + 1] : usual[i];
        (void)fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            measure((uint32_t)strtoul(size, NULL, 10));
            return 0;
        }
        int status;
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
            return 1;
    }
    return 0;
}
