/*
 * test_visit_truth.c - a month of visits with injected exceptions whose truth is known: what
 * was found of each decidable kind, and what was found that was not there.
 *
 * Clocks are a few minutes off, positions a hundred metres, visits a little longer or shorter;
 * one upload in ten comes hours late, check-out before check-in. Prints recall and precision.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/sim/draw.h"
#include "unit/fold_bench.h"

/* CAREWATCH_LONG=1: a month of forty workers. */
#define WORKERS 40
#define DAYS 28
#define SHORT_WORKERS 16
#define SHORT_DAYS 8
#define PER_DAY 4
#define SEED 7

struct told_visit {
    char id[24];
    uint32_t truth;                  /* one exception, or 0 */
    int64_t checkin_ns, checkout_ns; /* 0: none */
    double lat;
    bool upload_late;
};

static struct told_visit told[WORKERS * DAYS * PER_DAY * 2];
static int n_told, n_events;

static double chance(uint64_t n, uint32_t what)
{
    struct draw_key key = {.seed = SEED, .site = what};
    return (double)draw_between(key, n, 0, 999999) / 1e6;
}

static void say(struct bench *bench, const char *type, const char *visit, int64_t at_ns,
                const char *members)
{
    static char text[600];
    snprintf(text, sizeof(text), "{'id':'t%d','ts':%lld,'type':'%s','visit':'%s'%s%s}",
             ++n_events, (long long)(at_ns / NS_PER_MS), type, visit, *members ? "," : "",
             members);
    if (bench_event(bench, "s1", text) != CW_ACCEPTED)
        fail_msg("%s: %s", type, bench->err.text);
}

static void plan(struct bench *bench, const char *id, int worker, const char *recipient,
                 int64_t start_ns)
{
    char members[300];
    snprintf(members, sizeof(members),
             "'service':'bath','worker':'w-%d','recipient':'%s','start':%lld,'end':%lld,"
             "'place':{'lat':30.6,'lon':104.1}",
             worker, recipient, (long long)(start_ns / NS_PER_MS),
             (long long)((start_ns + HOUR) / NS_PER_MS));
    say(bench, "visit.planned", id, start_ns - 12 * HOUR, members);
}

static struct told_visit *tell(const char *id, uint32_t truth, int64_t start_ns, uint64_t n)
{
    struct told_visit *v = &told[n_told++];
    snprintf(v->id, sizeof(v->id), "%s", id);
    v->truth = truth;
    v->checkin_ns = start_ns + (int64_t)((chance(n, 2) - 0.5) * 600) * S;
    v->checkout_ns = v->checkin_ns + (int64_t)(3600 * (0.92 + 0.13 * chance(n, 3))) * S;
    v->lat = 30.6 + 0.0012 * (chance(n, 4) - 0.5); /* 67 m */
    v->upload_late = chance(n, 5) < 0.1;
    return v;
}

static uint32_t kind_of(uint64_t n)
{
    static const uint32_t kinds[] = {
        EXCEPTION_LATE,     EXCEPTION_MISSED,  EXCEPTION_SHORT,    EXCEPTION_NO_CHECKOUT,
        EXCEPTION_OFF_SITE, EXCEPTION_OVERLAP, EXCEPTION_DUPLICATE};
    double c = chance(n, 1);
    return c < 0.21 ? kinds[(size_t)(c / 0.03)] : 0;
}

/* One visit, and the second one when two cannot both be true. */
static void make(struct bench *bench, uint64_t n, int worker, int64_t start_ns)
{
    char id[24], recipient[24];
    uint32_t kind = kind_of(n);
    bool is_double = kind == EXCEPTION_OVERLAP || kind == EXCEPTION_DUPLICATE;
    snprintf(id, sizeof(id), "v-%llu", (unsigned long long)n);
    snprintf(recipient, sizeof(recipient), "r-%llu", (unsigned long long)(n % 97));
    plan(bench, id, worker, recipient, start_ns);
    struct told_visit *v = tell(id, is_double ? 0 : kind, start_ns, n);
    if (kind == EXCEPTION_LATE) {
        v->checkin_ns += 25 * MIN;
        v->checkout_ns += 25 * MIN;
    } else if (kind == EXCEPTION_MISSED) {
        v->checkin_ns = v->checkout_ns = 0;
    } else if (kind == EXCEPTION_SHORT) {
        v->checkout_ns = v->checkin_ns + 30 * MIN;
    } else if (kind == EXCEPTION_NO_CHECKOUT) {
        v->checkout_ns = 0;
    } else if (kind == EXCEPTION_OFF_SITE) {
        v->lat += 0.02;
    }
    if (!is_double)
        return;
    int64_t moved_ns = kind == EXCEPTION_OVERLAP ? 20 * MIN : 2 * MIN;
    char second[24];
    snprintf(second, sizeof(second), "w-%llu", (unsigned long long)n);
    plan(bench, second, worker, kind == EXCEPTION_OVERLAP ? "r-other" : recipient,
         start_ns + moved_ns);
    struct told_visit *w = tell(second, kind, start_ns + moved_ns, n);
    w->checkin_ns = v->checkin_ns + moved_ns;
    w->checkout_ns = v->checkout_ns + moved_ns;
}

static void upload(struct bench *bench, const struct told_visit *v)
{
    char members[160];
    snprintf(members, sizeof(members), "'method':'gps','at':{'lat':%.6f,'lon':104.1}", v->lat);
    if (v->checkout_ns && v->upload_late)
        say(bench, "visit.checkout", v->id, v->checkout_ns, "");
    if (v->checkin_ns)
        say(bench, "visit.checkin", v->id, v->checkin_ns, members);
    if (v->checkout_ns && !v->upload_late)
        say(bench, "visit.checkout", v->id, v->checkout_ns, "");
}

static void what_was_injected_is_found_and_nothing_else(void **state)
{
    uint32_t hit[N_EXCEPTIONS] = {0}, miss[N_EXCEPTIONS] = {0}, false_hit[N_EXCEPTIONS] = {0};
    uint64_t n = 0;
    bool is_long = getenv("CAREWATCH_LONG") != NULL;
    int days = is_long ? DAYS : SHORT_DAYS, workers = is_long ? WORKERS : SHORT_WORKERS;
    (void)state;
    struct bench *bench = bench_new();
    bench->rules.settings.max_visits = 100000;
    for (int day = 0; day < days; day++) {
        int first = n_told;
        bench_at(bench, day * 24 * HOUR);
        for (int worker = 0; worker < workers; worker++)
            for (int i = 0; i < PER_DAY; i++)
                make(bench, n++, worker, T0 + day * 24 * HOUR + (2 + 3 * i) * HOUR);
        bench_at(bench, (day * 24 + 16) * HOUR);
        for (int i = first; i < n_told; i++)
            upload(bench, &told[i]);
        /* Judged the same day: a visit is forgotten after a week. */
        bench_at(bench, (day * 24 + 23) * HOUR);
        for (int i = first; i < n_told; i++) {
            const struct visit *visit =
                service_find(&bench->service, CW_STR("s1"), str_of(told[i].id));
            for (uint32_t k = 0; k < N_EXCEPTIONS; k++) {
                bool found = visit->standing & (1u << k), truth = told[i].truth & (1u << k);
                hit[k] += found && truth;
                miss[k] += !found && truth;
                false_hit[k] += found && !truth;
            }
        }
    }
    for (uint32_t k = 0; k < N_EXCEPTIONS; k++) {
        uint32_t truths = hit[k] + miss[k], founds = hit[k] + false_hit[k];
        if (truths + founds == 0)
            continue;
        double recall = truths ? (double)hit[k] / truths : 1;
        double precision = founds ? (double)hit[k] / founds : 1;
        print_message("%-18s n %4u  recall %.3f  precision %.3f\n", visit_exception_name(k),
                      truths, recall, precision);
        if (truths > 0)
            assert_true(recall >= 0.99 && precision >= 0.95);
        else
            assert_true(founds == 0);
    }
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_injected_is_found_and_nothing_else)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
