/*
 * test_response.c - the chain of the response against its targets; and what reached the
 * dispatchers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "base/units.h"
#include "core/view/load_report.h"
#include "core/view/response.h"

#define S NS_PER_S
#define MIN (60 * S)
#define HOUR (3600 * S)
#define T0 (INT64_C(1763865600) * S)

static const struct response_targets targets = {MIN, 3 * MIN, 45 * MIN, T0 + HOUR};

static void add(struct response *response, const char *group, int64_t answer_ns,
                int64_t scene_ns)
{
    struct response_case one = {.group = str_of(group), .raised_ns = T0};
    if (answer_ns) {
        one.told_ns = T0 + S;
        one.answered_ns = one.assigned_ns = T0 + answer_ns;
    }
    if (scene_ns)
        one.arrived_ns = one.closed_ns = T0 + scene_ns;
    response_add(response, &one);
}

static void shares_are_of_all_that_was_raised(void **state)
{
    (void)state;
    struct response *response = response_new(&targets);
    struct buf buf;
    struct table_out table;
    for (int i = 0; i < 39; i++)
        add(response, "good", 20 * S, 30 * MIN);
    add(response, "good", 170 * S, 44 * MIN);
    add(response, "bad", 20 * S, 50 * MIN);
    add(response, "bad", 61 * S, 0);
    add(response, "bad", 0, 0); /* nobody ever */
    buf_init(&buf, 4096);
    table_out_init(&table, &buf, response_columns, true);
    response_write(response, &table);
    const char *rows = strchr(buf_text(&buf), '\n') + 1;
    assert_string_equal(rows, "\"good\",40,40,40,40,40,40,1,20,170,1800,0.975,1,1,true\r\n"
                              "\"bad\",3,2,2,2,1,1,1,20,61,3000,0.3333333333333333,"
                              "0.6666666666666666,0,false\r\n");
    buf_done(&buf);
    response_free(response);
}

/* An alarm of half a minute is no failure yet, nor a success. */
static void who_can_still_answer_in_time_counts_in_no_share(void **state)
{
    (void)state;
    struct response_targets early = targets;
    early.now_ns = T0 + 2 * MIN;
    struct response *response = response_new(&early);
    struct response_case fresh = {.group = CW_STR("fresh"), .raised_ns = T0 + 90 * S};
    struct buf buf;
    struct table_out table;
    response_add(response, &fresh);
    add(response, "late", 0, 0); /* for a minute too long, for the second target not yet */
    add(response, "sent", 20 * S, 0);
    buf_init(&buf, 4096);
    table_out_init(&table, &buf, response_columns, true);
    response_write(response, &table);
    assert_string_equal(strchr(buf_text(&buf), '\n') + 1,
                        "\"fresh\",1,0,0,0,0,0,,,,,,,,true\r\n"
                        "\"late\",1,0,0,0,0,0,,,,,0,,,false\r\n"
                        "\"sent\",1,1,1,1,0,0,1,20,20,,1,1,,true\r\n");
    buf_done(&buf);
    response_free(response);
}

static struct load_case ring(const char *actor, int64_t at_ns, uint32_t priority)
{
    return (struct load_case){CW_STR("all"), str_of(actor), T0 + at_ns, priority};
}

static void what_reaches_dispatchers_is_measured(void **state)
{
    (void)state;
    struct load_report *report = load_report_new(T0, T0 + 2 * HOUR, 1);
    struct buf buf;
    struct table_out table;
    for (int i = 0; i < 12; i++) { /* a flood of twelve in two minutes: one device rings */
        struct load_case one = ring("battery s1 d1", i * 10 * S, 3);
        load_report_add(report, &one);
    }
    for (int i = 0; i < 8; i++) {
        char actor[16];
        (void)snprintf(actor, sizeof(actor), "hr s1 b%d", i);
        struct load_case one = ring(actor, HOUR + i * 5 * MIN, i < 2 ? 1 : 2);
        load_report_add(report, &one);
    }
    load_report_stale(report, CW_STR("all"));
    buf_init(&buf, 4096);
    table_out_init(&table, &buf, load_columns, true);
    load_report_write(report, &table);
    const char *row = strchr(buf_text(&buf), '\n') + 1;
    /* 20 in 12 periods; the flood lasted from the tenth to ten minutes behind the eighth. */
    assert_int_equal(strncmp(row, "\"all\",20,1.6666666666666667,12,1,1,0.0", 36), 0);
    assert_non_null(strstr(row, ",0.1,0.3,0.6,10,1\r\n"));
    buf_clear(&buf);
    table_out_init(&table, &buf, actor_columns, true);
    load_report_actors(report, &table);
    row = strchr(buf_text(&buf), '\n') + 1;
    assert_int_equal(
        strncmp(row, "\"battery s1 d1\",12,0.6,10\r\n\"hr s1 b0\",1,0.05,0\r\n", 46), 0);
    buf_done(&buf);
    load_report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_are_of_all_that_was_raised),
        cmocka_unit_test(who_can_still_answer_in_time_counts_in_no_share),
        cmocka_unit_test(what_reaches_dispatchers_is_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
