/*
 * bench_engine.c - what one telemetry message costs the fold: parse, detect, encode, from
 * memory, without journal or network. Prints; never fails on time.
 *
 *   build/tests/bench_engine [DEVICES [MESSAGES]]
 *
 * The message is the 121 B document of nine numbers. Records are made in chunks outside of
 * the clock; "decode" is the decoder alone over the same chunk. The clock is the processor
 * time of this thread, and the best chunk is printed too: others use the machine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "flow/flow_run.h"

#define CHUNK 20000u
#define STRIDE 256u /* bytes of memory per record: topic, payload, what parsers read past it */

struct bench {
    struct flow_rules rules;
    struct engine *engine;
    struct engine_sink sink;
    struct cw_batch batch;
    char *memory;
    struct record *record;
    uint64_t n_devices, n_made, n_bytes, n_lines, n_told, n_refused;
};

static double cpu_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static void on_transition(void *ctx, const struct transition *transition)
{
    struct bench *bench = ctx;
    (void)transition;
    bench->n_told++;
}

static void on_lines(void *ctx, struct position at, struct cw_str lines, uint32_t n_lines)
{
    struct bench *bench = ctx;
    (void)at;
    bench->n_bytes += lines.n;
    bench->n_lines += n_lines;
}

static void on_refused(void *ctx, enum cw_refusal reason, const struct record *record,
                       const struct cw_error *err)
{
    struct bench *bench = ctx;
    (void)record;
    if (bench->n_refused++ == 0)
        fprintf(stderr, "refused: %s (%s)\n", refusal_name(reason), err->text);
}

/* Rules as in a home: a few vital signs, holds, a technical one. */
static void open_bench(struct bench *bench, uint64_t n_devices)
{
    static const char *const settings[] = {
        "metric=spo2 below=90 clear=92 for=15s",
        "metric=hr above=120 clear=110 for=10s",
        "metric=hr below=40 for=10s",
        "metric=resp above=30 below=8",
        "metric=temp above=38.5",
        "metric=sys above=180 for=1m",
        "metric=bat below=10",
    };
    static char name[7][8];
    *bench = (struct bench){.n_devices = n_devices};
    flow_rules_begin(&bench->rules);
    for (size_t i = 0; i < 7; i++) {
        snprintf(name[i], sizeof(name[i]), "r%zu", i);
        flow_detector(&bench->rules, name[i], &carewatch_plugin_detect_threshold, settings[i]);
    }
    flow_builtin(&bench->rules);
    bench->rules.set.settings.max_unrostered_per_site = 1000000;
    bench->rules.set.settings.max_devices = 10000000;
    bench->rules.set.settings.max_sites = 10000000;
    bench->rules.set.settings.max_series = 100000000;
    bench->sink = (struct engine_sink){
        .ctx = bench, .transition = on_transition, .lines = on_lines, .refused = on_refused};
    bench->engine = engine_new(&bench->rules.set, &bench->sink);
    bench->batch = (struct cw_batch){
        .point = xcalloc(64, sizeof(struct cw_point)),
        .field = xcalloc(256, sizeof(struct cw_field)),
        .node = xcalloc(256, sizeof(struct cw_node)),
        .text = xcalloc(1, 4096),
        .max_points = 64,
        .max_fields = 256,
        .max_nodes = 256,
        .max_text = 4096,
    };
    bench->memory = xcalloc(CHUNK, STRIDE);
    bench->record = xcalloc(CHUNK, sizeof(*bench->record));
}

static void close_bench(struct bench *bench)
{
    engine_free(bench->engine);
    flow_rules_done(&bench->rules);
    free(bench->batch.point);
    free(bench->batch.field);
    free(bench->batch.node);
    free(bench->batch.text);
    free(bench->memory);
    free(bench->record);
}

/* Every device once a second, in a scattered order. */
static void make_chunk(struct bench *bench)
{
    static const int64_t begin_ms = INT64_C(1763865851000);
    for (uint32_t i = 0; i < CHUNK; i++, bench->n_made++) {
        uint64_t n = bench->n_made, device = (n * 7919) % bench->n_devices;
        int64_t ms = begin_ms + (int64_t)(n * 1000 / bench->n_devices);
        char *topic = bench->memory + (size_t)i * STRIDE, *payload = topic + 64;
        int n_topic = snprintf(topic, 64, "care/v1/site-%04u/bed-%05u/telemetry",
                               (unsigned)(device / 20), (unsigned)device);
        int n_payload = snprintf(
            payload, STRIDE - 64,
            "{\"ts\":%lld,\"hr\":%u,\"spo2\":%u,\"resp\":16,\"temp\":36.%u,\"sys\":12%u,"
            "\"dia\":75,\"bat\":88,\"seq\":%07u,\"unit\":\"bed-%05u\"}",
            (long long)ms, 60 + (unsigned)(n % 40), 93 + (unsigned)(n % 6), (unsigned)(n % 10),
            (unsigned)(n % 10), 1000000 + (unsigned)(n % 1000000), (unsigned)device);
        bench->record[i] = (struct record){
            .kind = RECORD_MESSAGE,
            .flags = RECORD_QOS1,
            .source = 1,
            .message_id = (uint16_t)(n % 65535 + 1),
            .arrived_ns = ms * NS_PER_MS + 5 * NS_PER_MS + (int64_t)(n % bench->n_devices),
            .topic = {topic, (size_t)n_topic},
            .payload = {payload, (size_t)n_payload},
        };
    }
}

static double decode_chunk(struct bench *bench)
{
    const struct cw_decoder *decoder = carewatch_plugin_decode_json.ops.decoder;
    struct cw_error err;
    double start = cpu_ns();
    for (uint32_t i = 0; i < CHUNK; i++) {
        bench->batch.n_points = bench->batch.n_fields = 0;
        bench->batch.n_nodes = bench->batch.n_text = 0;
        bench->batch.like = bench->batch.pattern; /* all of them are alike */
        if (decoder->points(bench->rules.decoder_self[0], bench->record[i].payload,
                            (struct cw_str){"", 0}, &bench->batch, &err))
            abort();
    }
    return (cpu_ns() - start) / CHUNK;
}

static double apply_chunk(struct bench *bench)
{
    double start = cpu_ns();
    for (uint32_t i = 0; i < CHUNK; i++) {
        engine_expect(bench->engine, i + ENGINE_AHEAD < CHUNK
                                         ? bench->record[i + ENGINE_AHEAD].topic
                                         : CW_STR(""));
        engine_apply(bench->engine, &bench->record[i],
                     (struct position){.epoch = 1, .offset = bench->n_made + i});
    }
    return (cpu_ns() - start) / CHUNK;
}

static double least(double a, double b)
{
    return a < b ? a : b;
}

/* What the kernel says this process holds of its own. */
static long rss_anon_kib(void)
{
    char line[256];
    long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof(line), file)) {
        if (strncmp(line, "RssAnon:", 8) == 0)
            kib = strtol(line + 8, NULL, 10);
    }
    if (file)
        fclose(file);
    return kib;
}

int main(int argc, char **argv)
{
    uint64_t n_devices = argc > 1 ? strtoull(argv[1], NULL, 10) : 5000;
    uint64_t n_messages = argc > 2 ? strtoull(argv[2], NULL, 10) : 2000000;
    struct bench bench;
    double total = 0, decode = 0, best_total = 1e18, best_decode = 1e18;
    uint64_t n_chunks = 0;
    open_bench(&bench, n_devices ? n_devices : 1);
    long before_kib = rss_anon_kib();
    while (bench.n_made < n_messages + bench.n_devices) {
        make_chunk(&bench);
        double d = decode_chunk(&bench), t = apply_chunk(&bench);
        if (bench.n_made <= bench.n_devices + CHUNK)
            continue; /* devices are born */
        total += t;
        decode += d;
        best_total = least(best_total, t);
        best_decode = least(best_decode, d);
        n_chunks++;
    }
    const struct fold_counters *counters = &engine_fold(bench.engine)->counters;
    double mean = total / (double)n_chunks, mean_decode = decode / (double)n_chunks;
    printf("%llu devices, %llu messages of %zu B, %llu values, %llu lines, %llu transitions, "
           "%llu refused\n",
           (unsigned long long)bench.n_devices, (unsigned long long)counters->n_telemetry,
           bench.record[0].payload.n, (unsigned long long)counters->n_values,
           (unsigned long long)bench.n_lines, (unsigned long long)bench.n_told,
           (unsigned long long)bench.n_refused);
    printf("mean   %7.1f ns/message = decode %6.1f + rest %6.1f   %9.0f messages/s\n", mean,
           mean_decode, mean - mean_decode, 1e9 / mean);
    printf("best   %7.1f ns/message = decode %6.1f + rest %6.1f   %9.0f messages/s\n",
           best_total, best_decode, best_total - best_decode, 1e9 / best_total);
    printf("memory %.1f MiB for %u devices, %u series\n",
           (double)(rss_anon_kib() - before_kib) / 1024,
           engine_fold(bench.engine)->registry.n_devices,
           (unsigned)(counters->n_values / (counters->n_points ? counters->n_points : 1) *
                      bench.n_devices));
    close_bench(&bench);
    return 0;
}
