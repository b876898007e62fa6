/*
 * notifying.h - a notifier as a channel has it: options set by name, room for a request, and
 * one alarm to tell. A test defines TESTED as its plugin's symbol before it includes this.
 */
#ifndef TESTS_NOTIFYING_H
#define TESTS_NOTIFYING_H

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

extern const struct cw_plugin TESTED;

/* 2023-11-14 22:13:20 UTC, the moment of the signature vectors. */
#define NOW_NS INT64_C(1700000000000000000)
#define S_NS INT64_C(1000000000)

struct notifying {
    void *self;
    struct cw_request request;
    struct cw_alarm alarm;
    struct cw_error err;
};

static inline void set(struct notifying *f, const char *name, const char *value)
{
    int i = option_find(TESTED.option, name);
    assert_true(i >= 0);
    if (option_set(&TESTED.option[i], f->self, str_of(value), &f->err) != 0)
        fail_msg("%s", f->err.text);
}

static inline int notifying_setup(void **state)
{
    struct notifying *f = calloc(1, sizeof(*f));
    f->self = calloc(1, TESTED.self_size);
    option_presets(TESTED.option, f->self);
    f->request.max_text = 4096;
    f->request.max_body = 65536;
    f->request.text = malloc(f->request.max_text);
    f->request.body = malloc(f->request.max_body + 1);
    f->alarm = (struct cw_alarm){
        .id = CW_STR("01ABC"),
        .rev = 3,
        .priority = CW_PRIORITY_HIGH,
        .change = CW_STR("raised"),
        .rule = CW_STR("spo2-low"),
        .category = CW_STR("physiological"),
        .site = CW_STR("s-17"),
        .district = CW_STR("510104"),
        .device = CW_STR("bed-312"),
        .resident = CW_STR("r-88"),
        .bed = CW_STR("3-12"),
        .text_zh = CW_STR("血氧过低"),
        .text_en = CW_STR("Low oxygen saturation"),
        .json = CW_STR("{}"),
        .value = 85,
        .limit = 90,
        .raised_ns = NOW_NS - 5 * S_NS,
        .changed_ns = NOW_NS - 5 * S_NS,
        .active = 1,
    };
    *state = f;
    return 0;
}

static inline int notifying_teardown(void **state)
{
    struct notifying *f = *state;
    option_free(TESTED.option, f->self);
    free(f->self);
    free(f->request.text);
    free(f->request.body);
    free(f);
    return 0;
}

static inline void render(struct notifying *f)
{
    f->request.n_text = 0;
    f->request.n_headers = 0;
    f->request.n_body = 0;
    if (TESTED.ops.notifier->render(f->self, &f->alarm, NOW_NS, &f->request, &f->err) != 0)
        fail_msg("%s", f->err.text);
    f->request.body[f->request.n_body] = '\0';
    assert_null(strstr(f->request.body, "r-88"));
}

static inline void says_what_to_do(struct notifying *f)
{
    f->alarm.action_zh = CW_STR("请立即查看老人*,呼叫医护");
    f->alarm.action_en = CW_STR("See the resident now, call the nurse");
}

static inline void cleared(struct notifying *f)
{
    f->alarm.change = CW_STR("cleared");
    f->alarm.active = 0;
    f->alarm.changed_ns = NOW_NS;
}

/* A group's robot, in either of its formats: what is to be done, until somebody does it. */
static inline void robot_says_what_to_do(struct notifying *f, const char *other_format)
{
    says_what_to_do(f);
    render(f);
    assert_non_null(
        strstr(f->request.body, "血氧过低 06:13:15\\n处置：请立即查看老人＊,呼叫医护\""));
    set(f, "language", "en");
    render(f);
    assert_non_null(strstr(f->request.body, "Action: See the resident now, call the nurse"));
    set(f, "format", other_format);
    render(f);
    assert_non_null(strstr(f->request.body, "Action: See the resident now, call the nurse"));
    f->alarm.change = CW_STR("acked");
    render(f);
    assert_null(strstr(f->request.body, "Action"));
    cleared(f);
    render(f);
    assert_null(strstr(f->request.body, "Action"));
}

struct answer_row {
    int status;
    const char *body;
    uint32_t want;
};

static inline void judge_rows(struct notifying *f, const struct answer_row *row, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        /* A copy without a NUL, so that a sanitizer sees a byte too many. */
        size_t size = strlen(row[i].body);
        char *copy = malloc(size ? size : 1);
        memcpy(copy, row[i].body, size);
        f->err.text[0] = '\0';
        uint32_t got = TESTED.ops.notifier->judge(f->self, row[i].status,
                                                  (struct cw_str){copy, size}, &f->err);
        free(copy);
        if (got != row[i].want)
            fail_msg("%d %s: %u instead of %u", row[i].status, row[i].body, got, row[i].want);
        if (got != CW_DONE && f->err.text[0] == '\0')
            fail_msg("%d %s: no word why", row[i].status, row[i].body);
    }
}

/* Whatever comes is judged without reading past it; never as delivered unless `good`. */
static inline void judge_prefixes_and_garbage(struct notifying *f, const char *good)
{
    static const char *const garbage[] = {
        "",
        "{",
        "}",
        "[",
        "\"",
        "{\"",
        "{\"errcode",
        ":",
        "{\"code\":",
        "<html>",
        "\\",
        "{\"\\",
        "]]]]]]",
        "{{{{{{{{{{[[[[[",
        ",",
        "{\"code\":0",
        "\xff\xfe{",
        "{\"code\":\"",
        "null",
        "0",
        "{\"a\":{\"code\":0}}",
    };
    for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++)
        judge_rows(f, &(struct answer_row){200, garbage[i], CW_RETRY}, 1);
    for (size_t n = 0; n < strlen(good); n++) {
        char *copy = malloc(n ? n : 1);
        memcpy(copy, good, n);
        (void)TESTED.ops.notifier->judge(f->self, 200, (struct cw_str){copy, n}, &f->err);
        free(copy);
    }
    judge_rows(f, &(struct answer_row){200, good, CW_DONE}, 1);
}

#define N(rows) (sizeof(rows) / sizeof((rows)[0]))
#define CASE(f) cmocka_unit_test_setup_teardown(f, notifying_setup, notifying_teardown)

#endif
