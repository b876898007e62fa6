/*
 * test_detect_situation.c - each kind of step, what ends a situation, what surrounds it, and
 * the situations of a home as a rule would write them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plugins/detecting.h"

extern const struct cw_plugin carewatch_plugin_detect_situation;

#define WANDERING "steps=door:true x3 within 15m;scope=site"
#define ROOM_FALL \
    "steps=in_bed:false,motion>0 within 10m,no motion>0 for 5m;while=in_bed:false,door:false"
#define DESATURATION "steps=spo2<90 for 15s;on_change=false"

static const struct {
    const char *settings, *story, *said;
} rows[] = {
    /* a condition that begins, over when it is no more */
    {"steps=door:true", "0 door=0, 10 door=1, 20 door=1, 30 door=0",
     "@10 alarm 1/1 @30 normal"},
    {"steps=door:true", "0 door=1", "@0 alarm 1/1"},
    /* events need to be told what ends them */
    {"steps=call.pressed;clear=call.answered", "0 call.pressed, 9 call.answered",
     "@0 alarm @9 normal"},
    /* so often within a time; over when it did not come for that time */
    {WANDERING, "0 door=1, 5 door=0, 300 door=1, 305 door=0, 899 door=1, 1798, 1799",
     "@899 alarm 3/3 @1799 normal"},
    {WANDERING, "0 door=1, 5 door=0, 300 door=1, 305 door=0, 901 door=1, 9000", ""},
    {WANDERING, "0 door=1, 5 door=1, 9 door=1, 9000", ""},
    {WANDERING,
     "0 door=1, 1 door=0, 2 door=1, 3 door=0, 4 door=1, 5 door=0, 600 door=1, 1400, 1500",
     "@4 alarm 3/3 @1500 normal"},
    /* it holds: devices that report changes, and devices that send samples */
    {"steps=leak:true for 10s;", "0 leak=1, 9", ""},
    {"steps=leak:true for 10s;", "0 leak=1, 10, 20 leak=0", "@10 alarm 10/10 @20 normal"},
    {"steps=leak:true for 10s;", "0 leak=1, 5 leak=0, 6 leak=1, 15", ""},
    {DESATURATION, "0 spo2=95, 10 spo2=88, 20 spo2=87, 60", ""},
    {DESATURATION, "10 spo2=88, 20 spo2=87, 25 spo2=86, 30 spo2=95",
     "@25 alarm 15/15 @30 normal"},
    {DESATURATION, "10 spo2=88, 20 spo2=91, 25 spo2=86, 39 spo2=86, 60", ""},
    /* probe off the finger: oxygen and pulse are lost together */
    {"steps=spo2<90 for 15s;while=hr>=30;on_change=false",
     "0 hr=70, 1 spo2=88, 10 hr=0, 11 spo2=80, 17 spo2=80, 30 spo2=80", ""},
    {"steps=spo2<90 for 15s;while=hr>=30;on_change=false",
     "0 hr=70, 1 spo2=88, 10 hr=60, 17 spo2=80", "@17 alarm 16/15"},
    /* bed left, some movement, then none, and the door stays shut */
    {ROOM_FALL, "0 in_bed=1, 10 in_bed=0, 20 motion=1, 25 motion=0, 320", "@320 alarm 300/300"},
    {ROOM_FALL, "0 in_bed=1, 10 in_bed=0, 20 motion=1, 25 motion=0, 200 motion=1, 900", ""},
    {ROOM_FALL, "0 in_bed=1, 10 in_bed=0, 20 motion=1, 200 in_bed=1, 900", ""},
    {ROOM_FALL, "0 in_bed=1, 10 in_bed=0, 20 motion=1, 200 door=1, 900", ""},
    {ROOM_FALL, "0 in_bed=1, 10 in_bed=0, 700 motion=1, 1200", ""},
    {ROOM_FALL, "0 in_bed=1, 10 in_bed=0, 20 motion=1, 320, 400 motion=1",
     "@320 alarm 300/300 @400 normal"},
    {ROOM_FALL, "0 in_bed=1, 10 in_bed=0, 20 motion=1, 320, 400 in_bed=1",
     "@320 alarm 300/300 @400 normal"},
    /* a fall and then quiet; some movement right after it is allowed */
    {"steps=fall:true,no motion>0 for 60s within 90s;", "0 fall=1, 20 motion=1, 80",
     "@80 alarm 60/60"},
    {"steps=fall:true,no motion>0 for 60s within 90s;",
     "0 fall=1, 20 motion=1, 40 motion=1, 999", ""},
    /* clear says what ends it, and nothing else does */
    {"steps=fall:true;clear=call.answered", "0 fall=1, 5 fall=0, 9 call.answered",
     "@0 alarm 1/1 @9 normal"},
    /* late samples: older than the step they begin nothing */
    {ROOM_FALL, "0 in_bed=1, 10 in_bed=0, 20 motion=1, 15+100 motion=1, 320",
     "@320 alarm 300/300"},
    /* out of force */
    {"steps=door:true", "0 door=0, 5 idle, 10 door=1, 20 resume when, 30 door=1", ""},
    {ROOM_FALL, "0 in_bed=1, 10 in_bed=0, 20 motion=1, 25 idle, 400 resume unless, 699", ""},
    {ROOM_FALL, "0 in_bed=1, 10 in_bed=0, 20 motion=1, 25 idle, 400 resume unless, 700",
     "@700 alarm 300/300"},
    {ROOM_FALL, "0 in_bed=1, 10 in_bed=0, 20 motion=1, 25 idle, 400 resume when, 9000", ""},
    {"steps=leak:true for 10s;", "0 idle, 1 leak=1, 20 resume when, 29", ""},
    {"steps=leak:true for 10s;", "0 idle, 1 leak=1, 20 resume when, 30", "@30 alarm 10/10"},
};

static void steps_are_taken_in_order_and_in_time(void **state)
{
    (void)state;
    char room[2048];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (detecting_row(&carewatch_plugin_detect_situation, rows[i].settings, rows[i].story,
                          rows[i].said, room, sizeof(room)))
            fail_msg("row %zu: %s", i, room);
    }
}

static void mistakes_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *settings, *part;
    } bad[] = {
        {"steps=no motion>0 for 5m;scope=site", "first step"},
        {"steps=a:1,no motion>0;scope=site", "for TIME"},
        {"steps=a:1,no b:1 for 5m within 1m;", "less than"},
        {"steps=a:1 x3;", "within TIME"},
        {"steps=a:1 x99 within 1h;", "x2 to x16"},
        {"steps=a:1 within 1h;", "first step needs"},
        {"steps=a:1 for;", "time is missing"},
        {"steps=a:1 for 0;", "more than 0"},
        {"steps=a:1 often;", "says nothing"},
        {"steps=call.pressed for 5m;", "does not last"},
        {"steps=call.pressed;", "\"clear\""},
        {"steps=a:1;while=call.pressed", "\"while\""},
        {"steps=a:1,b:1,c:1,d:1,e:1,f:1,g:1;", "more than 6"},
        {"steps=no;", "missing behind"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct detecting d;
        assert_int_not_equal(
            detecting_open(&d, &carewatch_plugin_detect_situation, bad[i].settings), 0);
        if (!strstr(d.err.text, bad[i].part))
            fail_msg("%s: \"%s\"", bad[i].settings, d.err.text);
        detecting_close(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_are_taken_in_order_and_in_time),
        cmocka_unit_test(mistakes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
