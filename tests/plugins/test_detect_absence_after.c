/*
 * test_detect_absence_after.c - what begins the wait, what ends it, the person's own history,
 * and what becomes of a wait when the rule is out of force.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/term.h"
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
    {BED "personal=true learn=3 nights=1 least=1m",
     "0 in_bed=1, 100 in_bed=0, 400 in_bed=1, 1000 in_bed=0, 1300 in_bed=1, 2000 in_bed=0, "
     "2300 in_bed=1, 3000 in_bed=0, 3360",
     "@3360 alarm 360/360"},
    {BED "personal=true learn=3 nights=1 least=1m",
     "0 in_bed=1, 100 in_bed=0, 400 in_bed=1, 1000 in_bed=0, 1300 in_bed=1, 3000 in_bed=0, "
     "3360",
     ""},
    /* it never goes below least, nor above most; what took longer than that is not learned */
    {BED "personal=true learn=1 nights=1 least=10m",
     "0 in_bed=1, 100 in_bed=0, 160 in_bed=1, 1000 in_bed=0, 1600", "@1600 alarm 600/600"},
    {BED "personal=true learn=1 nights=1 most=25m",
     "0 in_bed=1, 100 in_bed=0, 1500 in_bed=1, 2000 in_bed=0, 9000",
     "@1300 alarm 1200/1200 @1500 normal @3500 alarm 1500/1500"},
    {BED "personal=true learn=1 nights=1 most=25m",
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

/* ---- the person's own nights ---- */

#define OWN BED "personal=true least=1m most=30m "
#define MAX_SPANS 4

/* So many nights like this: minutes of each absence; 'c': a carer came and went, it waits
 * anew; 'i': the return is out of force. Then what is told of the next absence. */
static const struct {
    const char *settings;
    struct {
        uint32_t nights;
        const char *absences;
    } span[MAX_SPANS];
    const char *learned;
} histories[] = {
    /* the fixed time holds until enough is known: of times, and of nights */
    {OWN, {{0, ""}}, "limit_s 1200 personal 0 times 0 nights 0"},
    {OWN "learn=4", {{4, "6 5"}}, "limit_s 1200 personal 0 usual_s 360 times 8 nights 4"},
    {OWN "learn=4", {{5, "6 5"}}, "limit_s 432 personal 1 usual_s 360 times 10 nights 5"},
    {OWN, {{11, "6"}}, "limit_s 1200 personal 0 usual_s 360 times 11 nights 11"},
    {OWN, {{12, "6"}}, "limit_s 432 personal 1 usual_s 360 times 12 nights 12"},
    /* a night without any is none, one bad night no habit */
    {OWN "learn=4",
     {{4, "6"}, {9, ""}},
     "limit_s 1200 personal 0 usual_s 360 times 4 nights 4"},
    {OWN,
     {{1, "9 9 9 9 9 9 9 9 9 9 9 9 9 9 9"}},
     "limit_s 1200 personal 0 usual_s 540 times 15 nights 1"},
    /* whoever takes long has longer, whoever is back soon is missed sooner */
    {OWN, {{6, "22 18"}}, "limit_s 1584 personal 1 usual_s 1320 times 12 nights 6"},
    {OWN "factor=2", {{6, "5 4"}}, "limit_s 600 personal 1 usual_s 300 times 12 nights 6"},
    /* never less than least, nor more than most */
    {OWN "least=10m", {{6, "5 4"}}, "limit_s 600 personal 1 usual_s 300 times 12 nights 6"},
    {OWN "most=20m", {{6, "19 4"}}, "limit_s 1200 personal 1 usual_s 1140 times 12 nights 6"},
    /* one long time among twenty is not usual; two are */
    {OWN, {{9, "5 4"}, {1, "5 25"}}, "limit_s 360 personal 1 usual_s 300 times 20 nights 10"},
    {OWN,
     {{9, "5 4"}, {1, "25 25"}},
     "limit_s 1800 personal 1 usual_s 1500 times 20 nights 10"},
    {OWN "quantile=1",
     {{9, "5 4"}, {1, "5 20"}},
     "limit_s 1440 personal 1 usual_s 1200 times 20 nights 10"},
    {OWN "quantile=0.5", {{6, "4 9"}}, "limit_s 288 personal 1 usual_s 240 times 12 nights 6"},
    /* the last 64 count: what was is forgotten, and too many in one night are none again */
    {OWN,
     {{16, "15 14 15 14"}, {16, "5 4 5 4"}},
     "limit_s 360 personal 1 usual_s 300 times 64 nights 16"},
    {OWN,
     {{8, "6 6"}, {4, "3 3 3 3 3 3 3 3 3 3 3 3 3 3 3 3 3"}},
     "limit_s 1200 personal 0 usual_s 180 times 64 nights 4"},
    /* what took longer than most, or was not the person's own, teaches nothing */
    {OWN, {{6, "6 5"}, {6, "31"}}, "limit_s 432 personal 1 usual_s 360 times 12 nights 6"},
    {OWN, {{6, "6 5"}, {6, "19i"}}, "limit_s 432 personal 1 usual_s 360 times 12 nights 6"},
    {OWN, {{6, "6 5"}, {6, "2c"}}, "limit_s 432 personal 1 usual_s 360 times 12 nights 6"},
    {OWN, {{1, "2c"}, {6, "6 5"}}, "limit_s 432 personal 1 usual_s 360 times 12 nights 6"},
    /* without personal there is nothing to tell */
    {BED, {{12, "6 5"}}, ""},
};

static const double an_hour = 3600, a_day = 86400;

/* Out of bed at at_s, and back as the absence says. */
static void be_absent(struct detecting *d, double at_s, struct cw_str absence)
{
    char how = absence.p[absence.n - 1];
    if (how == 'c' || how == 'i')
        absence.n--;
    double back_s = at_s + 60 * detecting_number(absence);
    detecting_sample(d, 0, at_s, 0, 0);
    d->idle = how == 'c' || how == 'i';
    if (how == 'c') {
        d->idle = 0;
        detecting_resume(d, CW_RESUME_UNLESS, back_s - 1);
    }
    if (how == 'i')
        d->deadline_ns = CW_NEVER;
    detecting_sample(d, 0, back_s, 0, 1);
    d->idle = 0;
}

static void live_one_night(struct detecting *d, double at_s, const char *absences)
{
    struct cw_str rest = str_of(absences), one;
    for (; str_split(&rest, ' ', &one); at_s += an_hour / 2) {
        if (one.n)
            be_absent(d, at_s, one);
    }
}

static void put_learned(const struct detecting *d, char *room, size_t max)
{
    struct cw_learned learned[CW_MAX_LEARNED];
    uint32_t n = d->plugin->ops.detector->learned(d->self, d->state, learned, CW_MAX_LEARNED);
    size_t at = 0;
    room[0] = '\0';
    for (uint32_t i = 0; i < n; i++) {
        if (learned[i].value == learned[i].value)
            at += (size_t)snprintf(room + at, max - at, "%s%s %g", at ? " " : "",
                                   learned[i].name, learned[i].value);
    }
}

/* The limit that is told is the one that is kept to. */
static void check_next_absence(struct detecting *d, size_t row, double at_s, const char *told)
{
    char wanted[64] = "";
    double limit_s = 1200;
    if (*told && sscanf(told, "limit_s %lf", &limit_s) != 1)
        fail_msg("history %zu: no limit in \"%s\"", row, told);
    snprintf(wanted, sizeof(wanted), "@%g alarm %g/%g", at_s + limit_s, limit_s, limit_s);
    d->said[0] = '\0';
    detecting_sample(d, 0, at_s, 0, 0);
    detecting_until(d, at_s + limit_s - 1);
    assert_string_equal(d->said, "");
    detecting_until(d, at_s + 7200);
    if (strcmp(d->said, wanted) != 0)
        fail_msg("history %zu: \"%s\", wanted \"%s\"", row, d->said, wanted);
}

static void the_persons_own_nights_say_what_is_long(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(histories) / sizeof(histories[0]); i++) {
        struct detecting d;
        char learned[256];
        double at_s = an_hour;
        assert_int_equal(
            detecting_open(&d, &carewatch_plugin_detect_absence_after, histories[i].settings),
            0);
        detecting_sample(&d, 0, 0, 0, 1);
        for (size_t k = 0; k < MAX_SPANS; k++) {
            for (uint32_t night = 0; night < histories[i].span[k].nights; night++) {
                d.said[0] = '\0';
                live_one_night(&d, at_s, histories[i].span[k].absences);
                at_s += a_day;
            }
        }
        put_learned(&d, learned, sizeof(learned));
        if (strcmp(learned, histories[i].learned) != 0)
            fail_msg("history %zu: \"%s\", wanted \"%s\"", i, learned, histories[i].learned);
        check_next_absence(&d, i, at_s, learned);
        detecting_close(&d);
    }
}

/* What was known before nights were counted is known on, as of one night. */
static void a_state_of_the_first_version_goes_on(void **state)
{
    struct {
        struct term_memory memory;
        int64_t since_ns, limit_ns;
        uint32_t level, n_took;
        uint16_t took_s[32];
    } was = {.since_ns = 0, .level = CW_NORMAL, .n_took = 40};
    struct detecting d;
    char learned[256];
    (void)state;
    assert_int_equal(
        detecting_open(&d, &carewatch_plugin_detect_absence_after, OWN "nights=2 quantile=1"),
        0);
    const struct cw_detector *detector = d.plugin->ops.detector;
    memcpy(&was.memory, d.state, sizeof(was.memory)); /* it comes first */
    for (uint32_t i = 0; i < 32; i++)
        was.took_s[i] = 300;
    was.took_s[40 % 32] = 600; /* the oldest */
    assert_int_not_equal(detector->take_state(d.self, 2, &was, sizeof(was), d.state), 0);
    assert_int_not_equal(detector->take_state(d.self, 1, &was, sizeof(was) - 8, d.state), 0);
    assert_int_equal(detector->take_state(d.self, 1, &was, sizeof(was), d.state), 0);
    put_learned(&d, learned, sizeof(learned));
    assert_string_equal(learned, "limit_s 1200 personal 0 usual_s 600 times 32 nights 1");
    detecting_sample(&d, 0, 0, 0, 1);
    live_one_night(&d, an_hour, "5");
    put_learned(&d, learned, sizeof(learned));
    assert_string_equal(learned, "limit_s 720 personal 1 usual_s 600 times 33 nights 2");
    for (uint32_t night = 1; night < 32; night++)
        live_one_night(&d, an_hour + night * a_day, "5");
    put_learned(&d, learned, sizeof(learned));
    assert_string_equal(learned, "limit_s 720 personal 1 usual_s 600 times 64 nights 33");
    live_one_night(&d, an_hour + 32 * a_day, "5");
    put_learned(&d, learned, sizeof(learned));
    assert_string_equal(learned, "limit_s 360 personal 1 usual_s 300 times 64 nights 34");
    detecting_close(&d);
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
        cmocka_unit_test(the_persons_own_nights_say_what_is_long),
        cmocka_unit_test(a_state_of_the_first_version_goes_on),
        cmocka_unit_test(mistakes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
