/*
 * bench_influx.c - what the InfluxDB writer costs, against a sink in a child process that
 * answers 204 and counts lines. Prints NAME VALUE UNIT, one a line; never fails on time.
 *
 *   live      lines given as fast as they are taken, gzip on and off
 *   loop      CPU time of the loop's thread a line
 *   cpu       CPU time of the whole process a line (the loop and the compressing worker)
 *   backlog   the same lines made again from the journal (here: an array)
 */
#include <inttypes.h>
#include <sys/resource.h>

#include "../io/child.h"
#include "../io/stub_http.h"
#include "base/clock.h"
#include "base/option.h"
#include "base/str.h"
#include "base/units.h"
#include "io/influx.h"

enum { N_LINES = 1000000, LINES_PER_TURN = 1000, N_SAMPLES = 4096 };

struct world {
    uv_loop_t loop;
    struct http_client *client;
    struct influx *influx;
    struct influx_options options;
    char *sample[N_SAMPLES];
    size_t n_sample[N_SAMPLES];
    uint32_t n_given;
};

/* ---- the sink ---- */

static void on_request(void *ctx, struct stub_request *request)
{
    (void)ctx;
    stub_answer(request, 204, "", "");
}

/* In the child: serves until killed. Tells its address through the pipe. */
static void run_sink(int out)
{
    uv_loop_t loop;
    struct stub_http server;

    if (uv_loop_init(&loop))
        BUG("uv_loop_init");
    stub_start(&server, &loop, on_request, NULL);
    if (write(out, server.url, sizeof(server.url)) != (ssize_t)sizeof(server.url))
        BUG("write");
    (void)uv_run(&loop, UV_RUN_DEFAULT);
}

static pid_t start_sink(char url[64])
{
    const pid_t parent = getpid();
    int end[2];
    pid_t pid;

    if (pipe(end))
        BUG("pipe");
    pid = fork();
    if (pid < 0)
        BUG("fork");
    if (pid == 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
            _exit(126);
        run_sink(end[1]);
        _exit(0);
    }
    if (read(end[0], url, 64) != 64)
        BUG("the sink did not start");
    (void)close(end[0]);
    (void)close(end[1]);
    return pid;
}

/* ---- records and lines ---- */

static struct position position_of(uint32_t i)
{
    return (struct position){1, 64 + 8 * (uint64_t)i};
}

static void make_samples(struct world *world)
{
    char text[256];

    for (int i = 0; i < N_SAMPLES; i++) {
        world->n_sample[i] = (size_t)snprintf(
            text, sizeof(text),
            "vitals,device=bed-%d,district=d%d,site=site-%d "
            "hr=%d,spo2=%d,resp=%d,temp=36.%d,in_bed=true,battery=%d,rssi=-%d 17638658510%05d"
            "0000\n",
            i % 400, i % 12, i % 200, 60 + i % 37, 90 + i % 9, 12 + i % 7, i % 10, i % 101,
            40 + i % 50, i);
        world->sample[i] = xstrdup(text);
    }
}

static struct cw_str line_of(const struct world *world, uint32_t i)
{
    return (struct cw_str){world->sample[i % N_SAMPLES], world->n_sample[i % N_SAMPLES]};
}

static int again(void *ctx, struct position from, struct position to, struct position *next)
{
    struct world *world = ctx;
    const uint64_t end = (to.offset - 64) / 8;
    uint64_t i = from.offset < 64 ? 0 : (from.offset - 64) / 8;
    bool more = true;

    for (; i < end && more; i++)
        more = influx_backlog(world->influx, position_of((uint32_t)i),
                              line_of(world, (uint32_t)i), 1);
    *next = position_of((uint32_t)i);
    return 0;
}

static void on_progress(void *ctx)
{
    struct world *world = ctx;

    uv_stop(&world->loop);
}

static void on_bad_line(void *ctx, struct cw_str line, struct cw_str answer)
{
    (void)ctx;
    BUG("refused: %.*s %.*s", (int)line.n, line.p, (int)answer.n, answer.p);
}

/* ---- measuring ---- */

static int64_t cpu_ns(int who)
{
    struct rusage use;

    (void)getrusage(who, &use);
    return (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * NS_PER_S +
           (use.ru_utime.tv_usec + use.ru_stime.tv_usec) * NS_PER_US;
}

/* As fast as the sink takes them: a batch more than is on its way waits in memory. */
static void give_all(struct world *world)
{
    struct influx_status status;

    while (world->n_given < N_LINES) {
        influx_status(world->influx, &status);
        if (status.buffer_bytes < 2u << 20) {
            for (int i = 0; i < LINES_PER_TURN; i++, world->n_given++)
                influx_add(world->influx, position_of(world->n_given),
                           line_of(world, world->n_given), 1);
            influx_passed(world->influx, position_of(world->n_given));
            (void)uv_run(&world->loop, UV_RUN_NOWAIT);
        } else {
            (void)uv_run(&world->loop, UV_RUN_ONCE);
        }
    }
}

static void run(struct world *world, const char *name, bool backlog)
{
    const struct influx_hooks hooks = {
        .ctx = world, .again = again, .progress = on_progress, .bad_line = on_bad_line};
    const int64_t began_ns = clock_monotonic_ns();
    const int64_t process_ns = cpu_ns(RUSAGE_SELF), thread_ns = cpu_ns(RUSAGE_THREAD);
    struct cw_error err;
    int64_t took_ns;

    world->n_given = backlog ? N_LINES : 0;
    if (influx_new(&world->influx, &world->loop, world->client, &world->options, &hooks,
                   &err) ||
        influx_restore(world->influx, CW_STR("v1 1.64-"), position_of(world->n_given), &err))
        BUG("%s", err.text);
    give_all(world);
    while (position_cmp(influx_cursor(world->influx), position_of(N_LINES)) < 0)
        (void)uv_run(&world->loop, UV_RUN_ONCE);
    took_ns = clock_monotonic_ns() - began_ns;
    printf("%s_rate %" PRId64 " lines/s\n", name, (int64_t)N_LINES * NS_PER_S / took_ns);
    printf("%s_loop %" PRId64 " ns\n", name, (cpu_ns(RUSAGE_THREAD) - thread_ns) / N_LINES);
    printf("%s_cpu %" PRId64 " ns\n", name, (cpu_ns(RUSAGE_SELF) - process_ns) / N_LINES);
    influx_free(world->influx);
}

int main(void)
{
    struct world *world = xcalloc(1, sizeof(*world));
    struct cw_error err;
    char url[64];
    const pid_t sink = start_sink(url);

    make_samples(world);
    option_presets(influx_options, &world->options);
    if (option_set(&influx_options[option_find(influx_options, "url")], &world->options,
                   str_of(url), &err))
        BUG("%s", err.text);
    if (uv_loop_init(&world->loop) || http_client_new(&world->client, &world->loop))
        BUG("no loop");
    run(world, "influx_live_gzip", false);
    run(world, "influx_backlog_gzip", true);
    world->options.gzip = 0;
    run(world, "influx_live_plain", false);
    http_client_free(world->client);
    while (uv_run(&world->loop, UV_RUN_DEFAULT)) {
    }
    (void)uv_loop_close(&world->loop);
    (void)child_stop(sink, SIGKILL);
    option_free(influx_options, &world->options);
    for (int i = 0; i < N_SAMPLES; i++)
        free(world->sample[i]);
    free(world);
    return 0;
}
