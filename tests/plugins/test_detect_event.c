/*
 * test_detect_event.c - calls and their answers, in order, again, and late.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plugins/detecting.h"

extern const struct cw_plugin carewatch_plugin_detect_event;

#define CALL "raise=call.pressed clear=call.answered,call.cancelled"

enum { PRESSED, ANSWERED, CANCELLED, END = 99 };

struct event {
    uint32_t slot;
    double at_s, late_s;
};

static void calls_are_told_until_they_are_answered(void **state)
{
    (void)state;
    static const struct {
        const char *settings;
        struct event event[6];
        double until_s;
        const char *said;
    } rows[] = {
        {CALL, {{PRESSED, 0, 1}, {ANSWERED, 30, 1}, {END, 0, 0}}, 99, "@0 alarm @30 normal"},
        {CALL, {{PRESSED, 0, 1}, {CANCELLED, 3, 1}, {END, 0, 0}}, 99, "@0 alarm @3 normal"},
        {CALL, {{ANSWERED, 0, 0}, {END, 0, 0}}, 99, ""},
        {CALL, {{PRESSED, 0, 0}, {PRESSED, 9, 0}, {END, 0, 0}}, 99, "@0 alarm @9 alarm"},
        /* clocks of button and panel differ: what comes live is believed */
        {CALL, {{PRESSED, 10, 1}, {ANSWERED, 7, 14}, {END, 0, 0}}, 99, "@10 alarm @7 normal"},
        {CALL, {{ANSWERED, 10, 1}, {PRESSED, 7, 14}, {END, 0, 0}}, 99, "@7 alarm"},
        /* late: told all the same, after waiting for the answer behind it */
        {CALL, {{PRESSED, 0, 7200}, {END, 0, 0}}, 9999, "@7205 alarm"},
        {CALL, {{PRESSED, 0, 7200}, {ANSWERED, 300, 6901}, {END, 0, 0}}, 9999, ""},
        {CALL,
         {{PRESSED, 0, 7200}, {ANSWERED, 300, 6907}, {END, 0, 0}},
         9999,
         "@7205 alarm @300 normal"},
        {CALL " backlog=0", {{PRESSED, 0, 7200}, {END, 0, 0}}, 9999, "@0 alarm"},
        /* late news do not undo newer ones */
        {CALL, {{PRESSED, 5000, 0}, {ANSWERED, 100, 4901}, {END, 0, 0}}, 9999, "@5000 alarm"},
        {CALL, {{ANSWERED, 5000, 0}, {PRESSED, 100, 4901}, {END, 0, 0}}, 9999, ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct detecting d;
        assert_int_equal(detecting_open(&d, &carewatch_plugin_detect_event, rows[i].settings),
                         0);
        for (const struct event *e = rows[i].event; e->slot != END; e++)
            detecting_sample(&d, e->slot, e->at_s, e->late_s, 1);
        detecting_until(&d, rows[i].until_s);
        if (strcmp(d.said, rows[i].said) != 0)
            fail_msg("row %zu: \"%s\", wanted \"%s\"", i, d.said, rows[i].said);
        detecting_close(&d);
    }
}

static void the_scope_is_an_option(void **state)
{
    (void)state;
    static const struct {
        const char *settings;
        uint32_t scope;
    } rows[] = {
        {"raise=call.pressed", CW_SCOPE_RESIDENT},
        {"raise=call.pressed scope=device", CW_SCOPE_DEVICE},
        {"raise=call.pressed scope=room", CW_SCOPE_ROOM},
        {"raise=call.pressed scope=site", CW_SCOPE_SITE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct detecting d;
        assert_int_equal(detecting_open(&d, &carewatch_plugin_detect_event, rows[i].settings),
                         0);
        assert_int_equal(d.plugin->ops.detector->scope_of(d.self), rows[i].scope);
        detecting_close(&d);
    }
}

static void inputs_are_the_events_in_order(void **state)
{
    (void)state;
    struct detecting d;
    struct cw_input input[CW_MAX_INPUTS];
    assert_int_equal(detecting_open(&d, &carewatch_plugin_detect_event, CALL), 0);
    assert_int_equal(d.plugin->ops.detector->inputs(d.self, input, CW_MAX_INPUTS), 3);
    assert_string_equal(input[0].name, "call.pressed");
    assert_string_equal(input[1].name, "call.answered");
    assert_string_equal(input[2].name, "call.cancelled");
    assert_int_equal(input[2].kind, CW_INPUT_EVENT);
    detecting_close(&d);
}

static void too_many_events_are_refused(void **state)
{
    (void)state;
    struct detecting d;
    assert_int_not_equal(
        detecting_open(&d, &carewatch_plugin_detect_event, "raise=a,b,c,d,e clear=f,g,h,i"), 0);
    assert_true(strlen(d.err.text) > 0);
    detecting_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_are_told_until_they_are_answered),
        cmocka_unit_test(the_scope_is_an_option),
        cmocka_unit_test(inputs_are_the_events_in_order),
        cmocka_unit_test(too_many_events_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
