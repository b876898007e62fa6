/*
 * test_option.c - a table of options fills a struct, and says what is wrong with a value.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/option.h"
#include "base/str.h"
#include "base/units.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

struct sample {
    int32_t enabled;
    int64_t count, period, bytes, left_out;
    double below, unset;
    const char *mode, *secret;
    const char *const *names;
};

#define AT(member) offsetof(struct sample, member)

static const struct cw_option table[] = {
    {"enabled", CW_OPT_BOOL, AT(enabled), 0, 0, "true", "", NULL},
    {"count", CW_OPT_INT, AT(count), 1, 10, "3", "", NULL},
    {"period", CW_OPT_TIME, AT(period), 0.02, 3600, "90s", "", NULL},
    {"bytes", CW_OPT_SIZE, AT(bytes), 0, 1048576, "64KiB", "", NULL},
    {"left_out", CW_OPT_INT, AT(left_out), 0, 0, CW_OPTIONAL, "", NULL},
    {"below", CW_OPT_REAL, AT(below), 0, INFINITY, "90.5", "", NULL},
    {"unset", CW_OPT_REAL, AT(unset), 0, 0, CW_OPTIONAL, "", NULL},
    {"mode", CW_OPT_TEXT, AT(mode), 0, 0, "fast", "", "fast|slow"},
    {"password", CW_OPT_SECRET, AT(secret), 0, 0, CW_OPTIONAL, "", NULL},
    {"names", CW_OPT_LIST, AT(names), 0, 0, "a, b", "", NULL},
    {NULL, 0, 0, 0, 0, NULL, NULL, NULL},
};

static const struct cw_option *row(const char *name)
{
    int i = option_find(table, name);
    assert_true(i >= 0);
    return &table[i];
}

static void presets_fill_the_struct(void **state)
{
    (void)state;
    struct sample sample = {0};
    option_presets(table, &sample);
    assert_int_equal(sample.enabled, 1);
    assert_int_equal(sample.count, 3);
    assert_int_equal(sample.period, 90 * NS_PER_S);
    assert_int_equal(sample.bytes, 65536);
    assert_int_equal(sample.left_out, 0);
    assert_true(sample.below == 90.5);
    assert_true(isnan(sample.unset));
    assert_string_equal(sample.mode, "fast");
    assert_null(sample.secret);
    assert_string_equal(sample.names[0], "a");
    assert_string_equal(sample.names[1], "b");
    assert_null(sample.names[2]);
    option_free(table, &sample);
    assert_null(sample.mode);
    assert_null(sample.names);
}

static void a_value_is_taken_or_refused_with_a_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *printed; /* printed NULL: refused */
        const char *says;                  /* in the refusal */
    } rows[] = {
        {"enabled", "no", "false", ""},
        {"enabled", "maybe", NULL, "\"maybe\""},
        {"count", "10", "10", ""},
        {"count", "11", NULL, "from 1 to 10, not \"11\""},
        {"count", "0", NULL, "from 1 to 10"},
        {"count", "1.5", NULL, "whole number"},
        {"period", "1h", "1h", ""},
        {"period", "1ms", NULL, "from 20ms to 1h"},
        {"period", "90", NULL, "period: \"90\" is no duration"},
        {"bytes", "1MiB", "1MiB", ""},
        {"bytes", "2MiB", NULL, "to 1MiB, not \"2MiB\""},
        {"bytes", "lots", NULL, "is no size"},
        {"left_out", "-7", "-7", ""},
        {"below", "1e3", "1000", ""},
        {"below", "-1", NULL, "from 0 to unlimited"},
        {"below", "nan", NULL, "is a number"},
        {"mode", "slow", "slow", ""},
        {"mode", "medium", NULL, "one of fast|slow, not \"medium\""},
        {"mode", "\xff", NULL, "UTF-8"},
        {"password", "s3cret", "***", ""},
        {"names", "x", "x", ""},
        {"names", "x, y,,z", "x,y,z", ""},
        {"names", "", "", ""},
    };
    for (size_t i = 0; i < N(rows); i++) {
        struct sample sample = {0};
        struct cw_error err = {""};
        const struct cw_option *option = row(rows[i].name);
        int rc = option_set(option, &sample, str_of(rows[i].text), &err);
        assert_int_equal(rc, rows[i].printed ? 0 : -EINVAL);
        assert_non_null(strstr(err.text, rows[i].says));
        if (rows[i].printed) {
            struct buf out;
            buf_init(&out, 200);
            option_print(option, &sample, &out);
            assert_string_equal(buf_text(&out), rows[i].printed);
            buf_done(&out);
        }
        option_free(table, &sample);
    }
}

static void a_refused_value_leaves_the_old_one(void **state)
{
    (void)state;
    struct sample sample = {0};
    struct cw_error err;
    option_presets(table, &sample);
    assert_int_equal(option_set(row("mode"), &sample, CW_STR("never"), &err), -EINVAL);
    assert_string_equal(sample.mode, "fast");
    assert_int_equal(option_set(row("count"), &sample, CW_STR("99"), &err), -EINVAL);
    assert_int_equal(sample.count, 3);
    assert_int_equal(option_set(row("mode"), &sample, CW_STR("slow"), &err), 0);
    assert_string_equal(sample.mode, "slow");
    option_free(table, &sample);
}

static void a_secret_is_never_repeated(void **state)
{
    (void)state;
    struct sample sample = {0};
    struct cw_error err;
    assert_int_equal(option_set(row("password"), &sample, CW_STR("s3\0cret"), &err), -EINVAL);
    assert_null(strstr(err.text, "s3"));
    assert_int_equal(option_set(row("password_file"), &sample, CW_STR("s3cret"), &err), 0);
    assert_string_equal(sample.secret, "s3cret");
    option_free(table, &sample);
}

static void only_a_list_takes_a_list(void **state)
{
    (void)state;
    struct sample sample = {0};
    struct cw_error err;
    const struct cw_str items[] = {CW_STR("x,y"), CW_STR("")};
    assert_int_equal(option_set_list(row("names"), &sample, items, 2, &err), 0);
    assert_string_equal(sample.names[0], "x,y");
    assert_string_equal(sample.names[1], "");
    assert_null(sample.names[2]);
    assert_int_equal(option_set_list(row("count"), &sample, items, 2, &err), -EINVAL);
    assert_string_equal(err.text, "count takes one integer, not a list");
    option_free(table, &sample);
}

static void names_are_found_exactly_and_suggested_nearly(void **state)
{
    (void)state;
    assert_int_equal(option_find(table, "count"), 1);
    assert_int_equal(option_find(table, "counts"), -1);
    assert_int_equal(option_find(table, "count_file"), -1);
    assert_int_equal(option_find(table, "password_file"), 8);
    assert_int_equal(option_find(NULL, "count"), -1);
    assert_string_equal(option_nearest(table, "cuont"), "count");
    assert_string_equal(option_nearest(table, "pasword"), "password");
    assert_string_equal(option_nearest(table, "mod"), "mode");
    assert_null(option_nearest(table, "colour_of_hat"));
}

static void what_was_left_out_prints_as_nothing(void **state)
{
    (void)state;
    struct sample sample = {0};
    sample.unset = NAN;
    static const char *const names[] = {"left_out", "unset", "mode", "password", "names"};
    for (size_t i = 0; i < N(names); i++) {
        struct buf out;
        buf_init(&out, 200);
        option_print(row(names[i]), &sample, &out);
        assert_string_equal(buf_text(&out), "");
        buf_done(&out);
    }
    assert_string_equal(option_type_name(row("period")), "duration");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(presets_fill_the_struct),
        cmocka_unit_test(a_value_is_taken_or_refused_with_a_sentence),
        cmocka_unit_test(a_refused_value_leaves_the_old_one),
        cmocka_unit_test(a_secret_is_never_repeated),
        cmocka_unit_test(only_a_list_takes_a_list),
        cmocka_unit_test(names_are_found_exactly_and_suggested_nearly),
        cmocka_unit_test(what_was_left_out_prints_as_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
