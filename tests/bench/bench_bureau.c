/*
 * bench_bureau.c - a whole city's civil affairs through the fold: what the simulator costs to
 * say a record, and the fold to take it.
 *
 *   bench_bureau [DAYS] [SCALE]      of the city below, default 365; SCALE divides its size
 *
 * Time is the processor's of this process. The number at the end stands for all that was told
 * and for the state that was reached: a change that is one of speed alone leaves it as it is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/units.h"
#include "core/engine.h"
#include "core/service/visit.h"
#include "core/sim/bureau.h"
#include "core/view/snapshot.h"
#include "io/config.h"

#define START_MS INT64_C(1767571200000) /* 2026-01-05 */
#define DAY_MS INT64_C(86400000)
#define ROOM ((1u << 16) + 64) /* a payload, and what parsers read ahead */

struct told {
    uint64_t sum, n_transitions, n_visits, n_refused;
};

static double now_s(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void stir(struct told *told, const void *p, size_t n)
{
    told->sum = hash64((struct cw_str){p, n}, told->sum);
}

static void on_transition(void *ctx, const struct transition *t)
{
    struct told *told = ctx;
    stir(told, t->alarm->subject, strlen(t->alarm->subject));
    stir(told, &t->alarm->rev, sizeof(t->alarm->rev));
    told->n_transitions++;
}

static void on_visit(void *ctx, struct position at, const void *data)
{
    const struct visit *visit = data;
    struct told *told = ctx;
    (void)at;
    stir(told, visit->id, strlen(visit->id));
    stir(told, &visit->exceptions, sizeof(visit->exceptions));
    told->n_visits++;
}

static void on_refused(void *ctx, enum cw_refusal reason, const struct record *record,
                       const struct cw_error *err)
{
    struct told *told = ctx;
    (void)reason, (void)record, (void)err;
    told->n_refused++;
}

static void on_lines(void *ctx, struct position at, struct cw_str lines, uint32_t n_lines)
{
    (void)at, (void)n_lines;
    stir(ctx, lines.p, lines.n);
}

static int on_state(void *ctx, const void *p, size_t n)
{
    stir(ctx, p, n);
    return 0;
}

static void say_mistake(void *ctx, const struct config_mistake *mistake)
{
    (void)ctx;
    fprintf(stderr, "%s\n", mistake->text);
}

/* The rules that always exist, and the city's zone. */
static struct config *make_config(void)
{
    static const char text[] = "calendar: { zone_rule = \"CST-8\"; };\n";
    char path[] = "/tmp/carewatch-bench-XXXXXX";
    struct config *config = NULL;
    int fd = mkstemp(path);
    if (fd < 0 || write(fd, text, sizeof(text) - 1) != (ssize_t)sizeof(text) - 1)
        BUG("no configuration can be written to %s", path);
    (void)close(fd);
    if (config_load(&config, path, NULL, 0, say_mistake, NULL))
        BUG("the configuration is refused");
    (void)unlink(path);
    return config;
}

static struct bureau_options city_of(uint32_t days, uint32_t scale)
{
    return (struct bureau_options){.seed = 1,
                                   .n_institutions = 550 / scale + 1,
                                   .n_stations = 1100 / scale + 1,
                                   .n_bases = 150 / scale + 1,
                                   .n_organisations = 10921 / scale + 1,
                                   .n_projects = 5700 / scale + 1,
                                   .n_visits = 4,
                                   .start_ms = START_MS,
                                   .end_ms = START_MS + days * DAY_MS};
}

static void apply(struct engine *engine, const struct city_message *message, char *room,
                  uint64_t n)
{
    static const enum record_kind other[] = {
        [CITY_REGISTRY] = RECORD_REGISTRY, [CITY_COMMAND] = RECORD_COMMAND};
    bool is_message = message->kind != CITY_REGISTRY && message->kind != CITY_COMMAND;
    memcpy(room, message->payload.p, message->payload.n);
    memset(room + message->payload.n, 0, 64);
    struct record record = {.kind =
                                (uint8_t)(is_message ? RECORD_MESSAGE : other[message->kind]),
                            .source = 1,
                            .arrived_ns = message->time_ms * NS_PER_MS,
                            .topic = str_of(message->topic),
                            .payload = {room, message->payload.n}};
    engine_apply(engine, &record, (struct position){1, 64 + 8 * n});
}

/* Says all of it, to `engine` when there is one; gives the seconds it took. */
static double run(const struct bureau_options *options, struct engine *engine, uint64_t *n)
{
    struct bureau *bureau = bureau_new(options);
    struct city_message message;
    char *room = xmalloc(ROOM);
    double from_s = now_s();
    for (*n = 0; bureau_due_ms(bureau) < options->end_ms; ++*n) {
        bureau_next(bureau, &message);
        if (engine)
            apply(engine, &message, room, *n);
    }
    double took_s = now_s() - from_s;
    bureau_free(bureau);
    free(room);
    return took_s;
}

int main(int argc, char **argv)
{
    static struct saver saver;
    uint32_t days = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 365;
    uint32_t scale = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1;
    struct bureau_options options = city_of(days, scale ? scale : 1);
    struct config *config = make_config();
    struct told told = {.sum = 0};
    struct engine_sink sink = {.ctx = &told,
                               .transition = on_transition,
                               .lines = on_lines,
                               .refused = on_refused,
                               .visit = on_visit};
    struct engine *engine = engine_new(&config->rules, &sink);
    uint64_t n = 0;
    double said_s = run(&options, NULL, &n);
    double took_s = run(&options, engine, &n);
    saver_init(&saver, on_state, &told);
    saver_begin(&saver, STATE_VERSION, (struct position){1, 64});
    engine_save(engine, &saver);
    if (saver_end(&saver))
        BUG("the state cannot be saved");
    printf("{\"days\":%u,\"records\":%llu,\"seconds\":%.1f,\"ns_said\":%.0f,"
           "\"ns_folded\":%.0f,\"transitions\":%llu,\"visits\":%llu,\"refused\":%llu,"
           "\"sum\":\"%016llx\"}\n",
           days, (unsigned long long)n, took_s, said_s * 1e9 / (double)n,
           (took_s - said_s) * 1e9 / (double)n, (unsigned long long)told.n_transitions,
           (unsigned long long)told.n_visits, (unsigned long long)told.n_refused,
           (unsigned long long)told.sum);
    engine_free(engine);
    config_free(config);
    return 0;
}
