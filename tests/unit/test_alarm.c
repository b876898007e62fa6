/*
 * test_alarm.c - the life of an alarm: every step once, told once, with stable ids.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/fold.h"
#include "core/view/snapshot.h"

struct bench {
    struct fold fold;
    struct ruleset rules;
    struct engine_sink sink;
    char told[4096]; /* "raised:unack:1 cleared:rtn_unack:2 ..." */
};

static const struct rule spo2_low = {
    .name = "spo2-low",
    .kind_name = "spo2-low",
    .kind = RULE_DETECTOR,
    .priority = CW_PRIORITY_HIGH,
    .category = CATEGORY_PHYSIOLOGICAL,
    .text_zh = "血氧过低",
    .text_en = "Low oxygen saturation",
    .action_zh = "",
    .action_en = "",
    .risk = "",
};

static void hear(void *ctx, const struct transition *transition)
{
    struct bench *bench = ctx;
    size_t n = strlen(bench->told);
    snprintf(bench->told + n, sizeof(bench->told) - n, "%s%s:%s:%u", n ? " " : "",
             alarm_change_name(transition->change), alarm_state_name(transition->alarm->state),
             transition->alarm->rev);
}

static void bench_init(struct bench *bench)
{
    *bench = (struct bench){.sink = {.ctx = bench, .transition = hear}};
    bench->fold.sink = &bench->sink;
    bench->fold.now_ns = 1000;
    bench->fold.rules = &bench->rules;
    alarm_set_init(&bench->fold.alarms);
}

static struct alarm_desc desc_of(const char *subject)
{
    return (struct alarm_desc){
        .rule = &spo2_low,
        .subject = str_of(subject),
        .site = CW_STR("s1"),
        .district = CW_STR("d1"),
        .device = CW_STR("bed-1"),
        .value = 85,
        .limit = 90,
        .device_ns = 900,
    };
}

static struct alarm *raise(struct bench *bench, const char *subject)
{
    struct alarm_desc desc = desc_of(subject);
    return alarm_raise(&bench->fold, &desc);
}

/* A script of steps (r raise, R raise counting repeats, c clear, a ack) and what is told. */
static void a_life_is_told_step_by_step(void **state)
{
    (void)state;
    static const struct {
        const char *steps, *told;
    } rows[] = {
        {"r", "raised:unack:1"},
        {"rr", "raised:unack:1"},
        {"rR", "raised:unack:1 repeated:unack:2"},
        {"rc", "raised:unack:1 cleared:rtn_unack:2"},
        {"rcc", "raised:unack:1 cleared:rtn_unack:2"},
        {"rcr", "raised:unack:1 cleared:rtn_unack:2 repeated:unack:3"},
        {"ra", "raised:unack:1 acked:acked:2"},
        {"rac", "raised:unack:1 acked:acked:2 cleared:closed:3"},
        {"rar", "raised:unack:1 acked:acked:2"},
        {"raR", "raised:unack:1 acked:acked:2 repeated:acked:3"},
        {"rca", "raised:unack:1 cleared:rtn_unack:2 acked:closed:3"},
        {"racr", "raised:unack:1 acked:acked:2 cleared:closed:3 raised:unack:1"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench bench;
        bench_init(&bench);
        struct alarm_desc desc = desc_of("s1/bed-1/spo2");
        struct alarm *alarm = NULL;
        for (const char *step = rows[i].steps; *step; step++) {
            desc.count_repeats = *step == 'R';
            if (*step == 'r' || *step == 'R')
                alarm = alarm_raise(&bench.fold, &desc);
            else if (*step == 'c')
                alarm_clear(&bench.fold, alarm, CW_STR(""));
            else
                assert_int_equal(
                    alarm_ack(&bench.fold, str_of(alarm->id), 0, CW_STR("li"), CW_STR("")), 0);
        }
        assert_string_equal(bench.told, rows[i].told);
        alarm_set_done(&bench.fold.alarms);
    }
}

static void the_same_trouble_gets_the_same_id_again(void **state)
{
    (void)state;
    char id[2][HASH_ID_MAX];
    for (int run = 0; run < 2; run++) {
        struct bench bench;
        bench_init(&bench);
        if (run == 1)
            raise(&bench, "s1/bed-0/spo2"); /* another one before changes nothing */
        memcpy(id[run], raise(&bench, "s1/bed-1/spo2")->id, HASH_ID_MAX);
        alarm_set_done(&bench.fold.alarms);
    }
    assert_string_equal(id[0], id[1]);
}

static void two_at_the_same_moment_have_two_ids(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench);
    struct alarm *first = raise(&bench, "s1/bed-1/spo2");
    assert_int_equal(alarm_ack(&bench.fold, str_of(first->id), 0, CW_STR("li"), CW_STR("")), 0);
    alarm_clear(&bench.fold, first, CW_STR(""));
    struct alarm *second = raise(&bench, "s1/bed-1/spo2");
    assert_string_not_equal(first->id, second->id);
    assert_int_equal(bench.fold.alarms.n_open, 1);
    alarm_set_done(&bench.fold.alarms);
}

static void acknowledging_what_changed_or_is_not_there_is_refused(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench);
    struct alarm *alarm = raise(&bench, "s1/bed-1/spo2");
    struct cw_str id = str_of(alarm->id), who = CW_STR("li");
    assert_int_equal(alarm_ack(&bench.fold, CW_STR("nobody"), 0, who, who), -ENOENT);
    assert_int_equal(alarm_ack(&bench.fold, id, 2, who, who), -ESTALE);
    assert_int_equal(alarm_ack(&bench.fold, id, 1, who, who), 0);
    assert_int_equal(alarm_ack(&bench.fold, id, 2, who, who), -EBUSY);
    assert_string_equal(alarm->acked_by, "li");
    assert_string_equal(bench.told, "raised:unack:1 acked:acked:2");
    alarm_set_done(&bench.fold.alarms);
}

static void a_delivery_is_told_but_is_no_revision(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench);
    struct alarm *alarm = raise(&bench, "s1/bed-1/spo2");
    for (int i = 0; i < MAX_NOTIFIED + 3; i++) {
        bench.fold.now_ns++;
        alarm_notified(&bench.fold, str_of(alarm->id), CW_STR("duty"), CW_STR("desk"), i > 0);
    }
    assert_int_equal(alarm->rev, 1);
    assert_int_equal(alarm->n_notified, MAX_NOTIFIED);
    assert_int_equal(alarm->notified[0].at_ns, 1004);
    assert_true(alarm->notified[0].ok);
    alarm_notified(&bench.fold, CW_STR("nobody"), CW_STR("duty"), CW_STR("desk"), true);
    alarm_set_done(&bench.fold.alarms);
}

static void closed_ones_are_kept_up_to_a_number_and_open_ones_always(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench);
    struct alarm *open = raise(&bench, "s1/bed-1/spo2");
    char first[HASH_ID_MAX] = "";
    for (int i = 0; i < MAX_CLOSED_ALARMS + 1; i++) {
        char subject[32];
        snprintf(subject, sizeof(subject), "s1/x-%d/spo2", i);
        struct alarm *alarm = raise(&bench, subject);
        if (i == 0)
            memcpy(first, alarm->id, sizeof(first));
        alarm_clear(&bench.fold, alarm, CW_STR(""));
        assert_int_equal(alarm_ack(&bench.fold, str_of(alarm->id), 0, CW_STR("li"), CW_STR("")),
                         0);
        bench.told[0] = '\0';
    }
    assert_null(alarm_find(&bench.fold.alarms, str_of(first)));
    assert_ptr_equal(alarm_find(&bench.fold.alarms, str_of(open->id)), open);
    assert_int_equal(map_count(&bench.fold.alarms.by_id), MAX_CLOSED_ALARMS + 1);
    alarm_set_done(&bench.fold.alarms);
}

static int to_buf(void *ctx, const void *p, size_t n)
{
    buf_add(ctx, p, n);
    return 0;
}

static void save_set(const struct alarm_set *set, struct buf *file)
{
    static struct saver saver;
    buf_init(file, 16 << 20);
    saver_init(&saver, to_buf, file);
    saver_begin(&saver, 1, (struct position){0});
    alarm_set_save(set, &saver);
    assert_int_equal(saver_end(&saver), 0);
}

static void the_table_survives_a_snapshot(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench);
    for (int i = 0; i < MAX_CLOSED_ALARMS + 40; i++) {
        char subject[32];
        snprintf(subject, sizeof(subject), "s1/x-%d/spo2", i);
        struct alarm *alarm = raise(&bench, subject);
        if (i % 3)
            alarm_clear(&bench.fold, alarm, CW_STR(""));
        if (i % 2)
            assert_int_equal(
                alarm_ack(&bench.fold, str_of(alarm->id), 0, CW_STR("li"), CW_STR("")), 0);
        alarm_notified(&bench.fold, str_of(alarm->id), CW_STR("duty"), CW_STR("desk"), true);
        bench.told[0] = '\0';
    }
    struct buf before, after;
    save_set(&bench.fold.alarms, &before);
    struct bench other;
    struct loader loader;
    uint32_t version;
    struct position at;
    bench_init(&other);
    struct alarm_set *loaded = &other.fold.alarms;
    assert_int_equal(loader_begin(&loader, before.p, before.n, &version, &at), 0);
    loader.version = UINT32_MAX; /* the newest */
    assert_int_equal(alarm_set_load(&other.fold, &loader), 0);
    assert_int_equal(loader.at, loader.n);
    assert_int_equal(loaded->n_open, bench.fold.alarms.n_open);
    save_set(loaded, &after);
    assert_int_equal(before.n, after.n);
    assert_memory_equal(before.p, after.p, before.n);
    assert_non_null(alarm_open(loaded, CW_STR("spo2-low"), CW_STR("s1/x-6/spo2")));
    buf_done(&before);
    buf_done(&after);
    alarm_set_done(loaded);
    alarm_set_done(&bench.fold.alarms);
}

static void the_object_is_the_contracts(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench);
    struct alarm_desc desc = desc_of("s1/bed-1/spo2");
    desc.value = NAN;
    struct alarm *alarm = alarm_raise(&bench.fold, &desc);
    struct buf buf;
    struct json_out out;
    buf_init(&buf, 4096);
    json_out_init(&out, &buf);
    alarm_json(alarm, &out);
    const char *text = buf_text(&buf);
    static const char *const parts[] = {
        "\"rev\":1",
        "\"priority\":\"high\"",
        "\"state\":\"unack\"",
        "\"active\":true",
        "\"category\":\"physiolog",
        "\"device\":\"bed-1\"",
        "\"limit\":90",
        "\"text\":{\"zh\":\"血氧",
        "\"notified\":[]",
        "\"escalation\":0",
        "\"count\":1",
        "\"first_out\":",
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (!strstr(text, parts[i]))
            fail_msg("no %s in %s", parts[i], text);
    }
    assert_null(strstr(text, "\"value\""));
    assert_null(strstr(text, "\"cleared_at\""));
    buf_done(&buf);
    alarm_set_done(&bench.fold.alarms);
}

static void only_a_series_alarm_has_a_metric(void **state)
{
    (void)state;
    static const struct {
        const char *subject, *metric;
    } rows[] = {
        {"s1/bed-1/spo2", "\"metric\":\"spo2\""},
        {"s1/bed-1", NULL},
        {"s1", NULL},
        {"s1/visit:v-1", NULL},
        {"s1/bed:3-12", NULL},
        {"s1/bed-2/spo2", NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench bench;
        bench_init(&bench);
        struct buf buf;
        struct json_out out;
        buf_init(&buf, 4096);
        json_out_init(&out, &buf);
        alarm_json(raise(&bench, rows[i].subject), &out);
        const char *found = strstr(buf_text(&buf), "\"metric\"");
        if (rows[i].metric)
            assert_true(found && strncmp(found, rows[i].metric, strlen(rows[i].metric)) == 0);
        else
            assert_null(found);
        buf_done(&buf);
        alarm_set_done(&bench.fold.alarms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_life_is_told_step_by_step),
        cmocka_unit_test(the_same_trouble_gets_the_same_id_again),
        cmocka_unit_test(two_at_the_same_moment_have_two_ids),
        cmocka_unit_test(acknowledging_what_changed_or_is_not_there_is_refused),
        cmocka_unit_test(a_delivery_is_told_but_is_no_revision),
        cmocka_unit_test(closed_ones_are_kept_up_to_a_number_and_open_ones_always),
        cmocka_unit_test(the_table_survives_a_snapshot),
        cmocka_unit_test(the_object_is_the_contracts),
        cmocka_unit_test(only_a_series_alarm_has_a_metric),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
