/*
 * test_term.c - conditions as text, and what a detector remembers of them.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/term.h"

static void a_condition_holds_or_not(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double before, value;
        bool holds, unseen;
    } rows[] = {
        {"call.pressed", NAN, 1, true, false},
        {"in_bed:false", 1, 0, true, true},
        {"in_bed:false", 0, 1, false, true},
        {"in_bed:true", 0, 1, true, false},
        {"count:0", 3, 0, true, true},
        {"count:2.5", 0, 2.5, true, false},
        {"consciousness:U", 'A', 'U', true, false},
        {"consciousness:U", 'A', 'V', false, false},
        {"spo2<90", 95, 89.9, true, false},
        {"spo2<90", 95, 90, false, false},
        {"spo2<=90", 95, 90, true, false},
        {"hr>130", 90, 130, false, false},
        {"hr>=130", 90, 130, true, false},
        {"temp<-1.5", 0, -2, true, false},
        {"motion:*", 1, 0, true, false},
        {"door:changed", 0, 1, true, false},
        {"door:changed", 1, 1, false, false},
        {"door:changed", NAN, 1, false, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct term term;
        assert_int_equal(term_parse(&term, str_of(rows[i].text), NULL), 0);
        if (term_holds(&term, rows[i].value, rows[i].before) != rows[i].holds ||
            term_holds_unseen(&term) != rows[i].unseen)
            fail_msg("%s: %g after %g", rows[i].text, rows[i].value, rows[i].before);
    }
}

static void what_is_no_condition_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",       ":true",    "in bed:true", "in_bed:",  "in_bed:yes", "spo2<",
        "spo2<*", "spo2<low", "spo2=90",     "spo2<=>9", "a/b:1",      "x>true",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct term term;
        struct cw_error err = {""};
        if (term_parse(&term, str_of(bad[i]), &err) == 0 || !err.text[0])
            fail_msg("\"%s\" was taken", bad[i]);
    }
}

static void conditions_share_inputs_and_begin_once(void **state)
{
    (void)state;
    struct term_set set = {.n = 0};
    struct term_memory memory;
    struct cw_input input[CW_MAX_INPUTS];
    uint32_t began;
    assert_int_equal(term_set_add(&set, str_of("spo2<90"), NULL), 0);
    assert_int_equal(term_set_add(&set, str_of("call.pressed"), NULL), 1);
    assert_int_equal(term_set_add(&set, str_of("spo2<80"), NULL), 2);
    assert_int_equal(term_set_inputs(&set, input, CW_MAX_INPUTS), 2);
    assert_string_equal(input[0].name, "spo2");
    assert_int_equal(input[0].kind, CW_INPUT_METRIC);
    assert_string_equal(input[1].name, "call.pressed");
    assert_int_equal(input[1].kind, CW_INPUT_EVENT);
    static const struct {
        uint32_t slot;
        double value;
        int64_t at_ns;
        uint32_t holds, began;
    } rows[] = {
        {0, 95, 10, 0, 0}, {0, 85, 20, 1, 1}, {0, 79, 30, 5, 4}, {1, 1, 31, 2, 2},
        {1, 1, 32, 2, 2},  {0, 70, 25, 5, 0}, /* late: answers, begins nothing */
        {0, 85, 40, 1, 0}, {0, 99, 50, 0, 0}, {0, 70, 60, 5, 5},
    };
    term_memory_reset(&set, &memory);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cw_sample sample = {.value = rows[i].value, .sample_ns = rows[i].at_ns};
        uint32_t holds = term_memory_take(&set, &memory, rows[i].slot, &sample, &began);
        if (holds != rows[i].holds || began != rows[i].began)
            fail_msg("row %zu: holds %x, began %x", i, (unsigned)holds, (unsigned)began);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_condition_holds_or_not),
        cmocka_unit_test(what_is_no_condition_is_refused),
        cmocka_unit_test(conditions_share_inputs_and_begin_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
