/*
 * test_quarantine.c - the last refused payloads over real files: bounded, newest first, and
 * there again after a restart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "io/quarantine.h"

static char dir[64], path[96];

static int setup(void **state)
{
    (void)state;
    (void)snprintf(dir, sizeof(dir), "/tmp/carewatch-quarantine-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    (void)snprintf(path, sizeof(path), "%s/q", dir);
    return 0;
}

static int teardown(void **state)
{
    char command[128];
    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf %s", dir);
    return system(command);
}

static struct quarantine *open_it(int64_t max)
{
    struct quarantine *q;
    struct cw_error err = {""};
    if (quarantine_open(&q, path, max, &err) != 0)
        fail_msg("%s", err.text);
    return q;
}

static void add(struct quarantine *q, int i)
{
    char topic[32];
    struct cw_error err = {"why not"};
    (void)snprintf(topic, sizeof(topic), "care/v1/s/%d", i);
    struct record record = {
        .arrived_ns = i, .topic = {topic, strlen(topic)}, .payload = CW_STR("{\"a\":1")};
    quarantine_add(q, CW_REFUSED_SYNTAX, &record, &err);
}

static const char *items(struct quarantine *q, uint32_t limit, struct buf *out)
{
    buf_init(out, 4 << 20);
    quarantine_json(q, limit, out);
    return buf_text(out);
}

static int count(const char *text, const char *what)
{
    int n = 0;
    for (; (text = strstr(text, what)); text++)
        n++;
    return n;
}

/* More than is read at once, of both files. */
static void many_come_in_order_without_a_gap(void **state)
{
    struct buf out;
    (void)state;
    struct quarantine *q = open_it(8000);
    for (int i = 0; i < 7000; i++)
        add(q, i);
    const uint32_t limits[] = {1, 500, 2999, 3000, 3001, 6999, 7000, 9000};
    for (size_t k = 0; k < sizeof(limits) / sizeof(limits[0]); k++) {
        int n = limits[k] < 7000 ? (int)limits[k] : 7000;
        const char *at = items(q, limits[k], &out);
        assert_int_equal(count(at, "\"topic\""), n);
        for (int i = 6999; i >= 7000 - n; i--) {
            char topic[40];
            (void)snprintf(topic, sizeof(topic), "\"care/v1/s/%d\"", i);
            at = strstr(at, topic);
            assert_non_null(at);
        }
        buf_done(&out);
    }
    quarantine_close(q);
}

static void the_newest_comes_first_with_its_reason(void **state)
{
    struct buf out;
    (void)state;
    struct quarantine *q = open_it(10);
    for (int i = 0; i < 3; i++)
        add(q, i);
    const char *text = items(q, 2, &out);
    assert_int_equal(count(text, "\"topic\""), 2);
    assert_true(strstr(text, "care/v1/s/2") < strstr(text, "care/v1/s/1"));
    assert_non_null(strstr(text, "\"reason\":\"syntax\""));
    assert_non_null(strstr(text, "\"error\":\"why not\""));
    assert_non_null(strstr(text, "\"payload_b64\":\"eyJhIjox\"")); /* {"a":1 */
    buf_done(&out);
    quarantine_close(q);
}

static void between_half_and_all_of_the_last_entries_are_kept(void **state)
{
    struct buf out;
    (void)state;
    struct quarantine *q = open_it(10);
    for (int i = 0; i < 1000; i++)
        add(q, i);
    const char *text = items(q, 1000, &out);
    int n = count(text, "\"topic\"");
    assert_true(n >= 5 && n <= 10);
    assert_non_null(strstr(text, "care/v1/s/999\""));
    assert_null(strstr(text, "care/v1/s/989\""));
    buf_done(&out);
    quarantine_close(q);
}

static void a_restart_goes_on_behind_what_is_there(void **state)
{
    struct buf out;
    (void)state;
    for (int i = 0; i < 7; i++) {
        struct quarantine *q = open_it(10);
        add(q, i);
        quarantine_close(q);
    }
    struct quarantine *q = open_it(10);
    assert_int_equal(count(items(q, 100, &out), "\"topic\""), 7);
    buf_done(&out);
    quarantine_close(q);
}

static const char *of_site(const struct quarantine *q, const char *site, uint32_t limit,
                           struct buf *out)
{
    struct json_out json;
    buf_init(out, 4 << 20);
    json_out_init(&json, out);
    json_object(&json);
    quarantine_of_site(q, str_of(site), limit, &json);
    json_object_end(&json);
    return buf_text(out);
}

static void refuse(struct quarantine *q, enum cw_refusal reason, const char *topic)
{
    struct cw_error err = {"not \"payload_b64\":\"x\""};
    struct record record = {
        .arrived_ns = 1, .topic = str_of(topic), .payload = CW_STR("secret")};
    quarantine_add(q, reason, &record, &err);
}

/* Also after a restart, and without what others sent or what names no site. */
static void a_site_has_its_own_without_payloads(void **state)
{
    struct buf out;
    (void)state;
    struct quarantine *q = open_it(20);
    refuse(q, CW_REFUSED_SYNTAX, "care/v1/s-1/d/telemetry");
    refuse(q, CW_REFUSED_NOT_AUTHORISED, "care/v1/s-1/d/event");
    refuse(q, CW_REFUSED_SYNTAX, "care/v1/s-1/e/telemetry");
    refuse(q, CW_REFUSED_SYNTAX, "care/v1/s-12/d/telemetry");
    refuse(q, CW_REFUSED_TOPIC, "care/v1/s-1");
    refuse(q, CW_REFUSED_TOPIC, "zigbee/s-1/d/telemetry");
    quarantine_add_line(q, 1, CW_STR("vitals,site=s-1 hr=1"), CW_STR("no"));
    for (int again = 0; again < 2; again++) {
        const char *text = of_site(q, "s-1", 2, &out);
        assert_non_null(strstr(text, "{\"n\":3,\"reasons\":[{\"reason\":\"syntax\",\"n\":2},"
                                     "{\"reason\":\"not_authorised\",\"n\":1}],\"items\":["));
        assert_int_equal(count(text, "\"topic\":\"care/v1/s-1/"), 2);
        assert_true(strstr(text, "s-1/e/telemetry") < strstr(text, "s-1/d/event"));
        assert_null(strstr(text, "\"payload_b64\":"));
        assert_int_equal(text[strlen(text) - 1], '}');
        buf_done(&out);
        quarantine_close(q);
        q = open_it(20);
    }
    quarantine_empty(q, 0);
    quarantine_empty(q, 1);
    assert_string_equal(of_site(q, "s-1", 2, &out), "{\"n\":0,\"reasons\":[],\"items\":[]}");
    buf_done(&out);
    quarantine_close(q);
}

static void so_many_are_at_hand_as_are_kept(void **state)
{
    struct buf out;
    (void)state;
    struct quarantine *q = open_it(10);
    for (int i = 0; i < 1000; i++)
        add(q, i);
    const char *text = of_site(q, "s", 1000, &out);
    int n = count(text, "\"topic\"");
    assert_true(n >= 5 && n <= 10);
    assert_non_null(strstr(text, "care/v1/s/999\""));
    buf_done(&out);
    quarantine_close(q);
    q = open_it(40000);
    for (int i = 0; i < 10000; i++)
        add(q, i);
    text = of_site(q, "s", 1, &out);
    assert_int_equal(count(text, "\"topic\""), 1);
    assert_non_null(strstr(text, "care/v1/s/9999\""));
    buf_done(&out);
    quarantine_close(q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        CASE(the_newest_comes_first_with_its_reason),
        CASE(many_come_in_order_without_a_gap),
        CASE(between_half_and_all_of_the_last_entries_are_kept),
        CASE(a_restart_goes_on_behind_what_is_there),
        CASE(a_site_has_its_own_without_payloads),
        CASE(so_many_are_at_hand_as_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
