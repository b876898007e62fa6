/*
 * bench_detect.c - what one value costs in each detector of one metric, and how large its
 * state is. Prints; never fails on time.
 *
 *   build/tests/bench_detect [VALUES]
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/num.h"
#include "plugins/detecting.h"

#define N_ROUNDS 400 /* the best of them: others use the machine too */
#define N_NOISE 4096u

extern const struct cw_plugin carewatch_plugin_detect_threshold;
extern const struct cw_plugin carewatch_plugin_detect_rate;
extern const struct cw_plugin carewatch_plugin_detect_stuck;
extern const struct cw_plugin carewatch_plugin_detect_absence;
extern const struct cw_plugin carewatch_plugin_detect_ewma;
extern const struct cw_plugin carewatch_plugin_detect_cusum;
extern const struct cw_plugin carewatch_plugin_detect_quantile;
extern const struct cw_plugin carewatch_plugin_detect_seasonal;
extern const struct cw_plugin carewatch_plugin_detect_ensemble;
extern const struct cw_plugin carewatch_plugin_detect_absence_after;
extern const struct cw_plugin carewatch_plugin_detect_situation;
extern const struct cw_plugin carewatch_plugin_detect_drift;
extern const struct cw_plugin carewatch_plugin_detect_forecast;
extern const struct cw_plugin carewatch_plugin_detect_loss;
extern const struct cw_plugin carewatch_plugin_detect_variety;
extern const struct cw_plugin carewatch_plugin_detect_fall;

static const struct {
    const struct cw_plugin *plugin;
    const char *settings;
} rows[] = {
    {&carewatch_plugin_detect_threshold, "metric=hr above=1e9 clear=1e8"},
    {&carewatch_plugin_detect_rate, "metric=hr rise=1e9"},
    {&carewatch_plugin_detect_stuck, "metric=hr"},
    {&carewatch_plugin_detect_absence, "metric=hr for=5h"},
    {&carewatch_plugin_detect_ewma, "metric=hr"},
    {&carewatch_plugin_detect_cusum, "metric=hr"},
    {&carewatch_plugin_detect_quantile, "metric=hr"},
    {&carewatch_plugin_detect_seasonal, "metric=hr"},
    {&carewatch_plugin_detect_ensemble, "metric=hr"},
    {&carewatch_plugin_detect_absence_after, "trigger=hr<60 expect=hr>70 within=20m"},
    {&carewatch_plugin_detect_situation, "steps=hr<60 for 5m,no hr>70 for 9m;while=hr>=0"},
    {&carewatch_plugin_detect_drift, "metric=hr"},
    {&carewatch_plugin_detect_forecast, "metric=hr"},
    {&carewatch_plugin_detect_loss, "metric=hr"},
    {&carewatch_plugin_detect_variety, "metric=hr"},
    {&carewatch_plugin_detect_fall, "x=hr"}, /* one axis of three: what most samples cost */
};

static double noise[N_NOISE];

static double now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static double run_round(struct detecting *d, uint32_t n, int64_t *at_ns)
{
    double begin = now_ns();
    for (uint32_t i = 0; i < n; i++) {
        struct cw_sample sample = {.siblings = 70,
                                   .value = noise[i % N_NOISE],
                                   .sample_ns = *at_ns,
                                   .arrived_ns = *at_ns};
        struct cw_verdict verdict;
        int32_t spoke = 0;
        (void)d->plugin->ops.detector->step(d->self, d->state, 0, &sample, &verdict, &spoke);
        *at_ns += 60 * NS_PER_S;
    }
    return (now_ns() - begin) / n;
}

int main(int argc, char **argv)
{
    int64_t n = 2000000; /* in all rounds */
    if (argc > 1 && num_parse_i64((struct cw_str){argv[1], strlen(argv[1])}, &n))
        return 2;
    uint32_t x = 1;
    for (uint32_t i = 0; i < N_NOISE; i++) {
        x = x * 1664525u + 1013904223u;
        noise[i] = 70 + (double)(x >> 16) / 6553.6;
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct detecting d;
        double best = 1e18;
        int64_t at_ns = DETECT_EPOCH_NS;
        if (detecting_open(&d, rows[i].plugin, rows[i].settings))
            return 1;
        for (int round = 0; round < N_ROUNDS; round++) {
            double ns = run_round(&d, (uint32_t)(n / N_ROUNDS) + 1, &at_ns);
            best = ns < best ? ns : best;
        }
        printf("%-12s %7.1f ns a value %5zu B of state\n", rows[i].plugin->name, best,
               rows[i].plugin->ops.detector->state_size(d.self));
        detecting_close(&d);
    }
    return 0;
}
