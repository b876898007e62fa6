/*
 * test_today.c - the figures of the day: what came, what was closed, which visits were made;
 * each caller's own, from midnight to midnight, over a restart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/alarm/alarm_order.h"
#include "core/today.h"
#include "core/view/kpi.h"
#include "unit/fold_bench.h"

#define MIDNIGHT (13 * HOUR + 15 * MIN + 49 * S) /* in Chengdu, from T0 */

static struct bench *day_new(void)
{
    struct bench *bench = bench_new();
    (void)zone_parse(&bench->rules.zone, CW_STR("CST-8"), NULL);
    daily_wait(&bench->fold);
    return bench;
}

static struct alarm *raise(struct bench *bench, const char *site, const char *subject,
                           enum cw_priority priority)
{
    struct alarm_desc desc = {.rule = &bench->rule[0],
                              .subject = str_of(subject),
                              .site = str_of(site),
                              .district = CW_STR("d"),
                              .value = (double)NAN,
                              .limit = (double)NAN,
                              .priority = priority};
    return alarm_raise(&bench->fold, &desc);
}

static void order(struct bench *bench, const char *name, const struct alarm *alarm)
{
    const struct alarm *found;
    struct alarm_order order = {
        .alarm = str_of(alarm->id), .by = CW_STR("li"), .cause = CW_STR("handled")};
    assert_int_equal(alarm_order(&bench->fold, str_of(name), &order, &found, &bench->err), 0);
}

static void close_it(struct bench *bench, const struct alarm *alarm)
{
    order(bench, "ack", alarm);
    order(bench, "close", alarm);
}

static void say(struct bench *bench, const char *visit, const char *type, const char *more)
{
    static int n;
    char text[400];
    snprintf(text, sizeof(text), "{'id':'e%d','ts':%lld,'type':'visit.%s','visit':'%s'%s}", ++n,
             (long long)(bench->fold.now_ns / NS_PER_MS), type, visit, more);
    assert_int_equal(bench_event(bench, "s1", text), CW_ACCEPTED);
}

static void plan(struct bench *bench, const char *visit, int64_t start_ns)
{
    char more[200];
    long long start_ms = (T0 + start_ns) / NS_PER_MS;
    snprintf(more, sizeof(more),
             ",'service':'bath','recipient':'r-%s','worker':'w-%s','start':%lld,'end':%lld",
             visit, visit, start_ms, start_ms + 3600 * 1000);
    say(bench, visit, "planned", more);
}

static bool sees_inst(const void *ctx, const char *site, const char *district)
{
    (void)ctx;
    (void)district;
    return strcmp(site, "inst") == 0;
}

/* "high/medium/low closed, visits: done late missed" of those that may be seen. */
static const char *figures(const struct bench *bench, bool is_of_inst)
{
    static char text[100];
    struct kpi kpi;
    kpi_count(&bench->fold, bench->fold.now_ns, is_of_inst ? sees_inst : NULL, NULL, &kpi);
    const struct today_figures *today = &kpi.today;
    snprintf(text, sizeof(text), "%u/%u/%u %u, %u: %u %u %u", today->raised[1],
             today->raised[2], today->raised[3], today->closed, today->visits, today->done,
             today->late, today->missed);
    return text;
}

static void alarms_are_counted_as_they_come_and_go(void **state)
{
    (void)state;
    struct bench *bench = day_new();
    struct alarm *first = raise(bench, "s1", "a", CW_PRIORITY_HIGH);
    (void)raise(bench, "s1", "b", CW_PRIORITY_LOW);
    (void)raise(bench, "inst", "c", CW_PRIORITY_LOW);
    (void)raise(bench, "", "of the daemon itself", CW_PRIORITY_MEDIUM);
    assert_string_equal(figures(bench, false), "1/1/2 0, 0: 0 0 0");
    close_it(bench, first);
    /* What is said of it later closes it no second time. */
    alarm_notified(&bench->fold, str_of(first->id), CW_STR("desk"), CW_STR("li"), true);
    assert_string_equal(figures(bench, false), "1/1/2 1, 0: 0 0 0");
    assert_string_equal(figures(bench, true), "0/0/1 0, 0: 0 0 0");
    bench_free(bench);
}

static void what_nobody_was_called_for_does_not_count(void **state)
{
    (void)state;
    struct bench *bench = day_new();
    struct alarm_desc desc = {.rule = &bench->rule[0],
                              .subject = CW_STR("drill"),
                              .site = CW_STR("s1"),
                              .value = (double)NAN,
                              .limit = (double)NAN,
                              .drill = true};
    close_it(bench, alarm_raise(&bench->fold, &desc));
    desc.subject = CW_STR("late");
    desc.drill = false;
    desc.historical = true;
    (void)alarm_raise(&bench->fold, &desc);
    assert_string_equal(figures(bench, false), "0/0/0 0, 0: 0 0 0");
    bench_free(bench);
}

static void visits_are_counted_as_they_are(void **state)
{
    (void)state;
    struct bench *bench = day_new();
    plan(bench, "done", HOUR);
    plan(bench, "missed", HOUR);
    plan(bench, "cancelled", HOUR);
    plan(bench, "tomorrow", MIDNIGHT + 8 * HOUR);
    assert_string_equal(figures(bench, false), "0/0/0 0, 3: 0 0 0");
    say(bench, "cancelled", "cancelled", "");
    bench_at(bench, HOUR + 20 * MIN);
    assert_string_equal(figures(bench, false), "0/2/0 0, 2: 0 2 0");
    say(bench, "done", "checkin", ",'worker':'w-done','method':'nfc'");
    bench_at(bench, 2 * HOUR);
    say(bench, "done", "checkout", ",'worker':'w-done','method':'nfc'");
    assert_string_equal(figures(bench, false) + 9, "2: 1 1 1");
    assert_string_equal(figures(bench, true), "0/0/0 0, 0: 0 0 0");
    bench_free(bench);
}

static void they_begin_anew_at_midnight(void **state)
{
    (void)state;
    struct bench *bench = day_new();
    (void)raise(bench, "s1", "a", CW_PRIORITY_HIGH);
    plan(bench, "today", 12 * HOUR);
    plan(bench, "tomorrow", MIDNIGHT + 8 * HOUR);
    bench_at(bench, MIDNIGHT - 1);
    assert_string_equal(figures(bench, false), "1/2/0 0, 1: 0 0 1");
    bench_at(bench, MIDNIGHT + S);
    assert_string_equal(figures(bench, false), "0/0/0 0, 1: 0 0 0");
    /* And without a timer: an alarm of the day's first moment is of the new day. */
    bench->fold.now_ns = T0 + MIDNIGHT + 24 * HOUR;
    (void)raise(bench, "s1", "b", CW_PRIORITY_LOW);
    assert_string_equal(figures(bench, false), "0/0/1 0, 0: 0 0 0");
    bench_free(bench);
}

static int to_buf(void *ctx, const void *p, size_t n)
{
    buf_add(ctx, p, n);
    return 0;
}

static void they_survive_a_restart(void **state)
{
    (void)state;
    static struct saver saver;
    struct bench *bench = day_new();
    struct buf saved;
    struct loader loader;
    struct position at;
    uint32_t version;
    close_it(bench, raise(bench, "s1", "a", CW_PRIORITY_HIGH));
    (void)raise(bench, "", "b", CW_PRIORITY_LOW);
    plan(bench, "v", HOUR);
    bench_at(bench, HOUR + 20 * MIN);
    char before[100];
    snprintf(before, sizeof(before), "%s", figures(bench, false));
    buf_init(&saved, 1 << 16);
    saver_init(&saver, to_buf, &saved);
    saver_begin(&saver, 1, (struct position){.epoch = 1});
    today_save(&bench->fold, &saver);
    assert_int_equal(saver_end(&saver), 0);
    assert_true(bench_reload(bench));
    assert_int_equal(loader_begin(&loader, saved.p, saved.n, &version, &at), 0);
    today_load(&bench->fold, &loader);
    assert_false(loader.failed);
    today_count_again(&bench->fold);
    assert_string_equal(figures(bench, false), before);
    assert_string_equal(before, "1/1/1 1, 1: 0 1 0");
    bench_free(bench);
    buf_done(&saved);
}

static void a_place_that_was_never_heard_is_not_online(void **state)
{
    (void)state;
    struct bench *bench = day_new();
    struct kpi kpi;
    kpi_count(&bench->fold, bench->fold.now_ns, NULL, NULL, &kpi);
    assert_int_equal(kpi.institutions.total, 2);
    assert_int_equal(kpi.institutions.online, 0);
    assert_int_equal(kpi.stations.total, 1);
    registry_site(&bench->fold.registry, CW_STR("s1"))->connection = CONNECTION_ONLINE;
    registry_site(&bench->fold.registry, CW_STR("home"))->connection = CONNECTION_ONLINE;
    registry_site(&bench->fold.registry, CW_STR("inst"))->connection = CONNECTION_ALIVE_NO_DATA;
    kpi_count(&bench->fold, bench->fold.now_ns, NULL, NULL, &kpi);
    assert_int_equal(kpi.institutions.online, 1);
    assert_int_equal(kpi.stations.online, 0);
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alarms_are_counted_as_they_come_and_go),
        cmocka_unit_test(what_nobody_was_called_for_does_not_count),
        cmocka_unit_test(visits_are_counted_as_they_are),
        cmocka_unit_test(they_begin_anew_at_midnight),
        cmocka_unit_test(they_survive_a_restart),
        cmocka_unit_test(a_place_that_was_never_heard_is_not_online),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
