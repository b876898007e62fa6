/*
 * test_outbox_request.c - from a row of the outbox to a request: what of the alarm's JSON a
 * notifier gets to see, and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/option.h"
#include "base/str.h"
#include "base/units.h"
#include "io/plugin_load.h"
#include "outbox/outbox_request.h"

/* 2023-11-14 22:13:20 UTC */
#define NOW_NS INT64_C(1700000000000000000)
#define RAISED "\"raised_at\":\"2023-11-14T22:10:00.000Z\""

struct fixture {
    struct channel channel;
    struct request_writer writer;
    struct cw_request request;
    struct cw_error err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->channel.plugin = plugin_find(CW_NOTIFIER, "dingtalk");
    f->channel.give_up_ns = 3600 * NS_PER_S;
    f->channel.self = calloc(1, f->channel.plugin->self_size);
    option_presets(f->channel.plugin->option, f->channel.self);
    assert_int_equal(request_writer_init(&f->writer, &f->err), 0);
    request_room(&f->request);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    option_free(f->channel.plugin->option, f->channel.self);
    free(f->channel.self);
    request_free(&f->request);
    request_writer_done(&f->writer);
    request_writer_done(&f->writer);
    free(f);
    return 0;
}

static int write_row(struct fixture *f, const char *change, const char *json)
{
    struct outbox_row row = {
        .alarm = "01ABC", .rev = 2, .channel = "ding", .at_ns = NOW_NS - 60 * NS_PER_S};
    (void)str_copy(row.change, sizeof(row.change), str_of(change));
    row.alarm_json = strdup(json);
    const struct telling telling = {&row, NULL, NOW_NS, NOW_NS};
    f->request.n_text = f->request.n_body = f->request.n_headers = 0;
    int ret = request_write(&f->writer, &f->channel, &telling, &f->request, &f->err);
    free(row.alarm_json);
    if (ret == 0)
        f->request.body[f->request.n_body] = '\0';
    return ret;
}

static void the_notifier_sees_the_alarm_of_the_row(void **state)
{
    static const struct {
        const char *change, *json, *want;
    } row[] = {
        {"raised",
         "{\"priority\":\"high\",\"active\":true,\"site\":\"s-1\",\"bed\":\"3-12\"," RAISED
         ",\"text\":{\"zh\":\"呼叫\",\"en\":\"Help call\"}}",
         "【高】s-1 3-12 呼叫 06:12:20\""},
        {"cleared",
         "{\"priority\":\"medium\",\"active\":false,\"site\":\"s-1\",\"device\":\"bed-"
         "1\"," RAISED ",\"text\":{\"zh\":\"呼叫\"}}",
         "【中·恢复】s-1 bed-1 呼叫 06:12:20\""},
        {"closed", "{\"priority\":\"low\",\"drill\":true,\"rule\":\"r-1\"," RAISED "}",
         "【演练·低·已关闭】 r-1 06:12:20\""},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        if (write_row(f, row[i].change, row[i].json) != 0)
            fail_msg("%s", f->err.text);
        if (!strstr(f->request.body, row[i].want))
            fail_msg("%s is not in %s", row[i].want, f->request.body);
    }
}

static void what_is_too_old_is_given_up(void **state)
{
    struct fixture *f = *state;
    f->channel.give_up_ns = 60 * NS_PER_S;
    assert_int_equal(write_row(f, "raised", "{" RAISED "}"), 0);
    f->channel.give_up_ns = 59 * NS_PER_S;
    assert_true(write_row(f, "raised", "{" RAISED "}") < 0);
    assert_non_null(strstr(f->err.text, "given up"));
}

static void a_row_that_is_no_alarm_is_refused_with_a_word(void **state)
{
    static const char *const json[] = {"", "{", "{\"site\":\"s-1\"", "\xff"};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(json) / sizeof(json[0]); i++) {
        f->err.text[0] = '\0';
        assert_true(write_row(f, "raised", json[i]) < 0);
        assert_true(f->err.text[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        CASE(the_notifier_sees_the_alarm_of_the_row),
        CASE(what_is_too_old_is_given_up),
        CASE(a_row_that_is_no_alarm_is_refused_with_a_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
