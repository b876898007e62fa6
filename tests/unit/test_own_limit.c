/*
 * test_own_limit.c - limits of one resident: which are taken, until when they count, and that
 * they are the same after a start.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>

#include "core/series/own_limit.h"
#include "unit/fold_bench.h"

static const double none = (double)NAN;

static struct own_limit limit_of(const char *metric, double low, double high)
{
    struct own_limit limit = {.site = "s1",
                              .resident = "r-1",
                              .by = "li",
                              .why = "as prescribed",
                              .low = low,
                              .high = high};
    (void)str_copy(limit.metric, sizeof(limit.metric), str_of(metric));
    return limit;
}

static int set(struct bench *bench, struct own_limit limit)
{
    (void)bench_site(bench, "s1");
    return own_limit_set(&bench->fold, &limit, &bench->err);
}

static const struct own_limit *find(struct bench *bench, const char *resident,
                                    const char *metric)
{
    return own_limit_find(&bench->fold, CW_STR("s1"), str_of(resident), str_of(metric));
}

static void what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    const struct {
        const char *metric;
        double low, high;
        uint32_t scale;
        int code;
    } rows[] = {
        {"hr", none, 130, 0, 0},        {"hr", 40, 130, 0, 0},
        {"hr", none, none, 0, -EINVAL}, {"hr", 130, 130, 0, -EINVAL},
        {"hr", none, 130, 2, -EINVAL},  {"news2", none, 5, 2, 0},
        {"news2", none, none, 2, 0},    {"news2", none, 5, 3, -EINVAL},
        {"news2", none, 0, 0, -EINVAL}, {"news2", none, 21, 0, -EINVAL},
        {"news2", 3, 5, 0, -EINVAL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct own_limit limit = limit_of(rows[i].metric, rows[i].low, rows[i].high);
        limit.spo2_scale = rows[i].scale;
        if (set(bench, limit) != rows[i].code)
            fail_msg("row %zu: %s", i, bench->err.text);
    }
    struct own_limit limit = limit_of("hr", none, 130);
    limit.why[0] = '\0';
    assert_int_equal(set(bench, limit), -EINVAL);
    limit = limit_of("hr", none, 130);
    limit.until_ns = bench->fold.now_ns;
    assert_int_equal(set(bench, limit), -EINVAL);
    limit.until_ns = 0;
    (void)str_copy(limit.site, sizeof(limit.site), CW_STR("nowhere"));
    assert_int_equal(set(bench, limit), -ENOENT);
    bench_free(bench);
}

static void it_counts_until_its_end_and_for_one_person(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    struct device *device = bench_device(bench, "s1", "bed-1");
    struct own_limit limit = limit_of("spo2", 85, none), score = limit_of("news2", none, 6);
    struct cw_own room;
    limit.until_ns = bench->fold.now_ns + 10;
    score.spo2_scale = 2;
    assert_null(own_of(&bench->fold, device, CW_STR("spo2"), &room));
    assert_int_equal(set(bench, limit), 0);
    assert_int_equal(set(bench, score), 0);
    assert_null(own_of(&bench->fold, device, CW_STR("spo2"), &room)); /* nobody's device */
    device->resident = "r-1";
    assert_non_null(own_of(&bench->fold, device, CW_STR("spo2"), &room));
    assert_true(room.low == 85 && isnan(room.high) && room.score == 6 && room.spo2_scale == 2);
    assert_non_null(own_of(&bench->fold, device, CW_STR("hr"), &room));
    assert_true(isnan(room.low) && room.score == 6);
    device->resident = "r-2";
    assert_null(own_of(&bench->fold, device, CW_STR("spo2"), &room));
    bench->fold.now_ns += 9;
    assert_non_null(find(bench, "r-1", "spo2"));
    bench->fold.now_ns += 1;
    assert_null(find(bench, "r-1", "spo2"));
    assert_non_null(find(bench, "r-1", "news2"));
    bench_free(bench);
}

static void it_is_taken_back_replaced_and_forgotten(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    const struct cw_str site = CW_STR("s1"), resident = CW_STR("r-1"), metric = CW_STR("hr");
    struct own_limit other = limit_of("hr", none, 140);
    (void)str_copy(other.resident, sizeof(other.resident), CW_STR("r-2"));
    assert_int_equal(set(bench, limit_of("hr", none, 130)), 0);
    assert_int_equal(set(bench, limit_of("hr", none, 135)), 0);
    assert_int_equal(set(bench, limit_of("spo2", 85, none)), 0);
    assert_int_equal(set(bench, other), 0);
    assert_true(find(bench, "r-1", "hr")->high == 135);
    assert_int_equal(own_limit_drop(&bench->fold, site, resident, metric, &bench->err), 0);
    assert_int_equal(own_limit_drop(&bench->fold, site, resident, metric, &bench->err),
                     -ENOENT);
    assert_int_equal(set(bench, limit_of("hr", none, 135)), 0);
    own_limits_forget(&bench->fold, site, resident);
    assert_null(find(bench, "r-1", "hr"));
    assert_null(find(bench, "r-1", "spo2"));
    assert_non_null(find(bench, "r-2", "hr"));
    bench_free(bench);
}

static void save(struct bench *bench, struct buf *out)
{
    struct saver saver;
    buf_init(out, 1 << 16);
    saver_init(&saver, bench_write, out);
    saver_begin(&saver, 1, (struct position){0});
    own_limits_save(&bench->fold.own, &saver);
    assert_int_equal(saver_end(&saver), 0);
}

static void it_is_the_same_after_a_start(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    struct own_limit limit = limit_of("news2", none, 6);
    struct buf saved, again;
    struct loader loader;
    struct position at;
    uint32_t version;
    limit.spo2_scale = 2;
    limit.until_ns = bench->fold.now_ns + HOUR;
    assert_int_equal(set(bench, limit), 0);
    assert_int_equal(set(bench, limit_of("spo2", 85, none)), 0);
    save(bench, &saved);
    own_limits_done(&bench->fold.own);
    own_limits_init(&bench->fold.own);
    assert_int_equal(loader_begin(&loader, saved.p, saved.n, &version, &at), 0);
    own_limits_load(&bench->fold.own, &loader);
    assert_false(loader.failed);
    assert_int_equal(find(bench, "r-1", "news2")->spo2_scale, 2);
    assert_true(find(bench, "r-1", "spo2")->low == 85);
    save(bench, &again);
    assert_int_equal(again.n, saved.n);
    assert_memory_equal(again.p, saved.p, saved.n);
    /* The same one twice is no state of ours. */
    assert_int_equal(loader_begin(&loader, saved.p, saved.n, &version, &at), 0);
    own_limits_load(&bench->fold.own, &loader);
    assert_true(loader.failed);
    buf_done(&saved);
    buf_done(&again);
    bench_free(bench);
}

/* The scale of a resident's record counts on all their devices, until a limit says another. */
static void the_scale_of_a_record_is_that_of_the_devices(void **state)
{
    (void)state;
#define ROSTER(scale)                                                                       \
    "{'devices':[{'device':'bed-1','resident':'r-1'},{'device':'bed-2','resident':'r-2'}]," \
    "'residents':[{'resident':'r-1'" scale "},{'resident':'r-2','spo2_scale':1}]}"
    struct bench *bench = bench_new();
    struct own_limit score = limit_of("news2", none, 6);
    struct cw_own room;
    bench_roster(bench, "s1", ROSTER(""));
    const struct device *one = bench_device(bench, "s1", "bed-1");
    const struct device *other = bench_device(bench, "s1", "bed-2");
    assert_false(own_limits_any(&bench->fold.own));
    bench_roster(bench, "s1", ROSTER(",'spo2_scale':2"));
    assert_true(own_limits_any(&bench->fold.own));
    assert_non_null(own_of(&bench->fold, one, CW_STR("spo2"), &room));
    assert_true(room.spo2_scale == 2 && isnan(room.low) && isnan(room.score));
    assert_null(own_of(&bench->fold, other, CW_STR("spo2"), &room));
    assert_int_equal(set(bench, score), 0);
    assert_non_null(own_of(&bench->fold, one, CW_STR("spo2"), &room));
    assert_true(room.spo2_scale == 2 && room.score == 6);
    score.spo2_scale = 1;
    assert_int_equal(set(bench, score), 0);
    assert_non_null(own_of(&bench->fold, one, CW_STR("spo2"), &room));
    assert_int_equal(room.spo2_scale, 1);
    assert_int_equal(
        own_limit_drop(&bench->fold, CW_STR("s1"), CW_STR("r-1"), CW_STR("news2"), &bench->err),
        0);
    bench_roster(bench, "s1", ROSTER(",'spo2_scale':1"));
    assert_null(own_of(&bench->fold, one, CW_STR("spo2"), &room));
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_makes_no_sense_is_refused),
        cmocka_unit_test(it_counts_until_its_end_and_for_one_person),
        cmocka_unit_test(it_is_taken_back_replaced_and_forgotten),
        cmocka_unit_test(it_is_the_same_after_a_start),
        cmocka_unit_test(the_scale_of_a_record_is_that_of_the_devices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
