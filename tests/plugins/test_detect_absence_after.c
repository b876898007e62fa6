/*
 * test_detect_absence_after.c - what begins the wait, what ends it, the person's own history,
 * and what becomes of a wait when the rule is out of force.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plugins/detecting.h"

extern const struct cw_plugin carewatch_plugin_detect_absence_after;

#define BED "trigger=in_bed:false expect=in_bed:true within=20m "
#define FALL "trigger=fall:true expect=motion>0 within=60s"
#define CALL "trigger=call.pressed expect=call.answered,call.cancelled within=5m"

static const struct {
    const char *settings, *story, *said;
} rows[] = {
    /* out of bed and not back; back in time; back late */
    {BED, "0 in_bed=1, 60 in_bed=0, 1259", ""},
    {BED, "0 in_bed=1, 60 in_bed=0, 1260", "@1260 alarm 1200/1200"},
    {BED, "0 in_bed=1, 60 in_bed=0, 1000 in_bed=1, 9000", ""},
    {BED, "0 in_bed=1, 60 in_bed=0, 1300 in_bed=1, 9000", "@1260 alarm 1200/1200 @1300 normal"},
    /* an empty bed is nobody who got up; one exit is one wait, however often it is said */
    {BED, "0 in_bed=0, 60 in_bed=0, 9000", ""},
    {BED, "0 in_bed=1, 60 in_bed=0, 600 in_bed=0, 1260", "@1260 alarm 1200/1200"},
    /* what is expected counts from when it happened, also when it comes late */
    {BED, "0 in_bed=1, 60 in_bed=0, 1200+100 in_bed=1, 9000",
     "@1260 alarm 1200/1200 @1200 normal"},
    /* a return from before the exit ends nothing */
    {BED, "0 in_bed=1, 60 in_bed=0, 50+30 in_bed=1, 1260", "@1260 alarm 1200/1200"},
    /* a fall: the first that is ever heard of a sensor may be one */
    {FALL, "0 fall=1, 59", ""},
    {FALL, "0 fall=1, 60", "@60 alarm 60/60"},
    {FALL, "0 fall=1, 20 motion=3, 600", ""},
    {FALL, "0 fall=1, 20 motion=0, 60", "@60 alarm 60/60"},
    {FALL, "0 fall=1, 70 motion=1, 80 fall=0, 90 fall=1, 150",
     "@60 alarm 60/60 @70 normal @150 alarm 60/60"},
    /* events */
    {CALL, "0 call.pressed, 299 call.answered, 900", ""},
    {CALL, "0 call.pressed, 10 call.pressed, 300", "@300 alarm 300/300"},
    {CALL, "0 call.pressed, 400 call.cancelled, 410 call.pressed, 700",
     "@300 alarm 300/300 @400 normal"},
    /* one's own history: three times five minutes, and a fifth more */
    {BED "personal=true learn=3 least=1m",
     "0 in_bed=1, 100 in_bed=0, 400 in_bed=1, 1000 in_bed=0, 1300 in_bed=1, 2000 in_bed=0, "
     "2300 in_bed=1, 3000 in_bed=0, 3360",
     "@3360 alarm 360/360"},
    {BED "personal=true learn=3 least=1m",
     "0 in_bed=1, 100 in_bed=0, 400 in_bed=1, 1000 in_bed=0, 1300 in_bed=1, 3000 in_bed=0, "
     "3360",
     ""},
    /* it never goes below least, nor above most; what took longer than that is not learned */
    {BED "personal=true learn=1 least=10m",
     "0 in_bed=1, 100 in_bed=0, 160 in_bed=1, 1000 in_bed=0, 1600", "@1600 alarm 600/600"},
    {BED "personal=true learn=1 most=25m",
     "0 in_bed=1, 100 in_bed=0, 1500 in_bed=1, 2000 in_bed=0, 9000",
     "@1300 alarm 1200/1200 @1500 normal @3500 alarm 1500/1500"},
    {BED "personal=true learn=1 most=25m",
     "0 in_bed=1, 100 in_bed=0, 1700 in_bed=1, 2000 in_bed=0, 9000",
     "@1300 alarm 1200/1200 @1700 normal @3200 alarm 1200/1200"},
    /* out of force nothing begins */
    {BED, "0 in_bed=1, 50 idle, 60 in_bed=0, 100 resume unless, 9000", ""},
    /* a carer came and went: it waits anew */
    {BED, "0 in_bed=1, 60 in_bed=0, 100 idle, 1300 resume unless, 2499", ""},
    {BED, "0 in_bed=1, 60 in_bed=0, 100 idle, 1300 resume unless, 2500",
     "@2500 alarm 1200/1200"},
    {BED, "0 in_bed=1, 60 in_bed=0, 100 idle, 900 in_bed=1, 1300 resume unless, 9000", ""},
    /* the night is over, and the next one begins */
    {BED, "0 in_bed=1, 60 in_bed=0, 100 idle, 40000 resume when, 50000", ""},
    /* what is an alarm stays one */
    {BED, "0 in_bed=1, 60 in_bed=0, 1300 idle, 1400 resume unless, 9000 in_bed=1",
     "@1260 alarm 1200/1200 @9000 normal"},
};

static void what_does_not_follow_is_told(void **state)
{
    (void)state;
    char room[2048];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (detecting_row(&carewatch_plugin_detect_absence_after, rows[i].settings,
                          rows[i].story, rows[i].said, room, sizeof(room)))
            fail_msg("row %zu: %s", i, room);
    }
}

static void mistakes_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *settings, *part;
    } bad[] = {
        {"trigger=in_bed:maybe expect=in_bed:true within=20m", "compares with no value"},
        {"trigger=in_bed<false expect=in_bed:true within=20m", "compares with no value"},
        {"trigger=:1 expect=in_bed:true within=20m", "is no condition"},
        {"trigger=a:1,b:1,c:1,d:1,e:1 expect=f:1,g:1,h:1,i:1 within=20m", "more than 8"},
        {"trigger=a:1 expect=b:1 within=20m personal=true least=2h most=1h", "least"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct detecting d;
        assert_int_not_equal(
            detecting_open(&d, &carewatch_plugin_detect_absence_after, bad[i].settings), 0);
        if (!strstr(d.err.text, bad[i].part))
            fail_msg("%s: \"%s\"", bad[i].settings, d.err.text);
        detecting_close(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_does_not_follow_is_told),
        cmocka_unit_test(mistakes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
