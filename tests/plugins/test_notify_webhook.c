/*
 * test_notify_webhook.c - the webhook's requests to the byte, its signature against a value
 * made with openssl, and what it makes of answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include <carewatch/plugin.h>

#include "base/option.h"
#include "base/str.h"

extern const struct cw_plugin carewatch_plugin_notify_webhook;

#define NOW_NS INT64_C(1763865851000000000)

struct fixture {
    void *self;
    struct cw_request request;
    struct cw_error err;
};

static const struct cw_plugin *plugin(void)
{
    return &carewatch_plugin_notify_webhook;
}

static void set(struct fixture *f, const char *name, const char *value)
{
    int i = option_find(plugin()->option, name);
    assert_true(i >= 0);
    assert_int_equal(option_set(&plugin()->option[i], f->self, str_of(value), &f->err), 0);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->self = calloc(1, plugin()->self_size);
    option_presets(plugin()->option, f->self);
    f->request.max_text = 4096;
    f->request.max_body = 65536;
    f->request.text = malloc(f->request.max_text);
    f->request.body = malloc(f->request.max_body);
    set(f, "url", "http://127.0.0.1:9/hook");
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    option_free(plugin()->option, f->self);
    free(f->self);
    free(f->request.text);
    free(f->request.body);
    free(f);
    return 0;
}

static struct cw_alarm sample(void)
{
    return (struct cw_alarm){
        .id = CW_STR("01ABC"),
        .rev = 3,
        .change = CW_STR("raised"),
        .site = CW_STR("s-1"),
        .device = CW_STR("bed-312"),
        .json = CW_STR("{\"id\":\"01ABC\"}"),
        .value = NAN,
        .limit = NAN,
        .changed_ns = NOW_NS,
    };
}

static void render(struct fixture *f)
{
    struct cw_alarm alarm = sample();
    assert_int_equal(
        plugin()->ops.notifier->render(f->self, &alarm, NOW_NS, &f->request, &f->err), 0);
}

static void an_alarm_becomes_a_cloudevent(void **state)
{
    struct fixture *f = *state;
    static const char want[] =
        "{\"specversion\":\"1.0\",\"id\":\"01ABC:3\",\"source\":\"/carewatch\","
        "\"type\":\"cn.carewatch.alarm.raised.v1\",\"subject\":\"site/s-1/bed-312\","
        "\"time\":\"2025-11-23T02:44:11.000Z\",\"datacontenttype\":\"application/json\","
        "\"data\":{\"id\":\"01ABC\"}}";
    render(f);
    f->request.body[f->request.n_body] = '\0';
    assert_string_equal(f->request.body, want);
    assert_string_equal(f->request.method, "POST");
    assert_string_equal(f->request.url, "http://127.0.0.1:9/hook");
    assert_int_equal(f->request.n_headers, 1);
}

/* printf '%s' "1763865851.$BODY" | openssl dgst -sha256 -hmac secret */
static void the_signature_is_openssls(void **state)
{
    struct fixture *f = *state;
    char command[1024], line[128] = "", want[160];
    set(f, "secret", "secret");
    render(f);
    f->request.body[f->request.n_body] = '\0';
    (void)snprintf(command, sizeof(command),
                   "printf '%%s' '1763865851.%s' | openssl dgst -sha256 -hmac secret -r",
                   f->request.body);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_non_null(fgets(line, sizeof(line), pipe));
    assert_int_equal(pclose(pipe), 0);
    line[64] = '\0';
    (void)snprintf(want, sizeof(want), "X-Carewatch-Signature: t=1763865851,v1=%s", line);
    assert_string_equal(f->request.header[f->request.n_headers - 1], want);
}

static void an_event_that_does_not_fit_is_refused(void **state)
{
    struct fixture *f = *state;
    struct cw_alarm alarm = sample();
    f->request.max_body = 40;
    assert_true(plugin()->ops.notifier->render(f->self, &alarm, NOW_NS, &f->request, &f->err) <
                0);
    assert_non_null(strstr(f->err.text, "40 bytes"));
}

static void answers_are_judged(void **state)
{
    struct fixture *f = *state;
    static const struct {
        int status;
        uint32_t want;
    } row[] = {
        {200, CW_DONE},     {204, CW_DONE},     {0, CW_RETRY},      {429, CW_RETRY},
        {500, CW_RETRY},    {503, CW_RETRY},    {408, CW_RETRY},    {301, CW_REJECTED},
        {400, CW_REJECTED}, {401, CW_REJECTED}, {410, CW_REJECTED},
    };
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        uint32_t got =
            plugin()->ops.notifier->judge(f->self, row[i].status, CW_STR("why"), &f->err);
        if (got != row[i].want)
            fail_msg("status %d: %u instead of %u", row[i].status, got, row[i].want);
    }
}

static void a_url_without_http_is_refused(void **state)
{
    struct fixture *f = *state;
    set(f, "url", "file:///etc/passwd");
    assert_true(plugin()->open(f->self, &f->err) < 0);
    assert_non_null(strstr(f->err.text, "file:///etc/passwd"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        CASE(an_alarm_becomes_a_cloudevent),         CASE(the_signature_is_openssls),
        CASE(an_event_that_does_not_fit_is_refused), CASE(answers_are_judged),
        CASE(a_url_without_http_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
