/*
 * test_alarm_shown.c - what of an alarm is shown after a consent was withdrawn: the same of an
 * alarm in memory and of what was written of it before.
 */
#include "core/series/alarm_shown.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/series/series.h"
#include "unit/fold_bench.h"

/* hr is of the kind vitals, in_bed of bed, call of none; "old-rule" is no rule any more. */
#define ALARM(rule, place, more)                                                            \
    "{\"id\":\"a\",\"rule\":\"" rule "\",\"site\":\"s1\"," place ",\"first_out\":true" more \
    ",\"text\":{\"zh\":\"{\\\"x\",\"en\":\",\\\"value\\\":9}\"},\"notified\":[{\"ok\":true}]}"
#define HR "\"device\":\"band\",\"metric\":\"hr\",\"resident\":\"r-1\""
#define IN_BED "\"device\":\"mat\",\"metric\":\"in_bed\",\"resident\":\"r-1\""
#define CALL "\"device\":\"cord\",\"metric\":\"call\",\"resident\":\"r-1\""
#define OTHER "\"device\":\"band-2\",\"metric\":\"hr\",\"resident\":\"r-2\""
#define NUMBERS ",\"value\":131.5,\"limit\":130"
#define WITHHELD ",\"withheld\":\"vitals\""

static const struct {
    const char *before, *after;
} row[] = {
    {ALARM("old-rule", HR, NUMBERS), ALARM("old-rule", HR, WITHHELD)},
    {ALARM("old-rule", HR, ",\"value\":-1e-3"), ALARM("old-rule", HR, WITHHELD)},
    {ALARM("old-rule", HR, ""), ALARM("old-rule", HR, "")},
    {ALARM("old-rule", IN_BED, NUMBERS), ALARM("old-rule", IN_BED, NUMBERS)},
    {ALARM("old-rule", CALL, NUMBERS), ALARM("old-rule", CALL, NUMBERS)},
    {ALARM("old-rule", OTHER, NUMBERS), ALARM("old-rule", OTHER, NUMBERS)},
    /* of a rule that is gone nobody knows what it looked at */
    {ALARM("old-rule", "\"resident\":\"r-1\"", NUMBERS),
     ALARM("old-rule", "\"resident\":\"r-1\"", WITHHELD)},
    {ALARM("old-rule", "\"resident\":\"r-2\"", NUMBERS),
     ALARM("old-rule", "\"resident\":\"r-2\"", NUMBERS)},
    /* of nobody by name, and measured by what is somebody's */
    {ALARM("old-rule", "\"device\":\"band\"", NUMBERS),
     ALARM("old-rule", "\"device\":\"band\"", WITHHELD)},
    {ALARM("old-rule", "\"device\":\"cord\"", NUMBERS),
     ALARM("old-rule", "\"device\":\"cord\"", NUMBERS)},
    {"", ""},
    {"id: 1.2.3\ndata: " ALARM("x", HR, NUMBERS) "\n\n",
     "id: 1.2.3\ndata: " ALARM("x", HR, WITHHELD) "\n\n"},
    {ALARM("x", HR, NUMBERS) "," ALARM("x", OTHER, NUMBERS) "," ALARM("x", HR, NUMBERS),
     ALARM("x", HR, WITHHELD) "," ALARM("x", OTHER, NUMBERS) "," ALARM("x", HR, WITHHELD)},
    {"{\"cut\":\"off", "{\"cut\":\"off"},
    {"{\"value\":{\"x\":1}", "{\"value\":{\"x\":1}"},
};

static void consent(struct bench *bench, const char *vitals)
{
    char text[120];
    (void)snprintf(text, sizeof(text), "{'site':'s1','resident':'r-1','consent':{'vitals':%s}}",
                   vitals);
    assert_int_equal(bench_register(bench, &kind_residents, text), 0);
}

static struct bench *bench_with_metrics(void)
{
    struct bench *bench = bench_new();
    bench->fold.series = series_table_new();
    return bench;
}

static void bench_with_metrics_free(struct bench *bench)
{
    series_table_free(&bench->fold);
    bench->fold.series = NULL;
    bench_free(bench);
}

static void what_was_written_is_shown_without_what_is_withheld(void **state)
{
    (void)state;
    struct bench *bench = bench_with_metrics();
    struct buf out;
    (void)bench_site(bench, "s1");
    bench_device(bench, "s1", "band")->resident = "r-1";
    (void)bench_device(bench, "s1", "cord");
    for (int withheld = 0; withheld < 2; withheld++) {
        consent(bench, withheld ? "false" : "true");
        for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
            const char *wanted = withheld ? row[i].after : row[i].before;
            buf_init(&out, strlen(row[i].before) + 4 * WITHHELD_ROOM);
            alarm_shown_text(&bench->fold, str_of(row[i].before), &out);
            assert_false(out.full);
            if (strcmp(buf_text(&out), wanted) != 0)
                fail_msg("row %zu: %s\nwanted: %s", i, buf_text(&out), wanted);
            buf_done(&out);
        }
    }
    bench_with_metrics_free(bench);
}

static void an_alarm_in_memory_is_shown_the_same(void **state)
{
    (void)state;
    struct bench *bench = bench_with_metrics();
    struct alarm room, alarm = {.value = 131.5, .limit = 130};
    (void)bench_site(bench, "s1");
    (void)str_copy(alarm.site, sizeof(alarm.site), CW_STR("s1"));
    (void)str_copy(alarm.device, sizeof(alarm.device), CW_STR("band"));
    (void)str_copy(alarm.resident, sizeof(alarm.resident), CW_STR("r-1"));
    (void)str_copy(alarm.subject, sizeof(alarm.subject), CW_STR("s1/band/hr"));
    assert_ptr_equal(alarm_shown(&bench->fold, &alarm, &room), &alarm);
    consent(bench, "false");
    const struct alarm *shown = alarm_shown(&bench->fold, &alarm, &room);
    assert_ptr_equal(shown, &room);
    assert_true(isnan(shown->value) && isnan(shown->limit));
    assert_string_equal(shown->withheld, "vitals");
    alarm.value = alarm.limit = (double)NAN;
    assert_ptr_equal(alarm_shown(&bench->fold, &alarm, &room), &alarm);
    bench_with_metrics_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_shown_without_what_is_withheld),
        cmocka_unit_test(an_alarm_in_memory_is_shown_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
