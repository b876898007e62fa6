/*
 * test_supervision_site.c - a site's outage: told once, its devices folded under it, whatever
 * the way in which they fall silent and come back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/alarm/quiet.h"
#include "unit/beds.h"

static void the_whole_site_cut_is_one_alarm(void **state)
{
    (void)state;
    static const struct {
        const char *roster;
        unsigned who;
    } rows[] = {{ONE_BED, 2}, {THREE_BEDS, 14}, {BEDS_AND_GATEWAY, 15}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench *bench = bench_new();
        bench_roster(bench, "s1", rows[i].roster);
        speak(bench, 0, 300, rows[i].who);
        bench_at(bench, 389 * S);
        assert_string_equal(bench_told(bench), "");
        bench_at(bench, 410 * S); /* within 20 s of its class */
        assert_string_equal(bench_told(bench), "raised site_silent s1;");
        assert_string_equal(bench_connection(bench, "s1", NULL), "silent");
        bench_at(bench, 10 * HOUR);
        assert_string_equal(bench_told(bench), "");
        bench_heard(bench, "s1", "bed-1");
        assert_string_equal(bench_told(bench), "cleared site_silent s1 heard;");
        assert_string_equal(bench_connection(bench, "s1", NULL), "online");
        bench_free(bench);
    }
}

/* Devices speak at different times, so they fall silent one after the other. */
static void a_staggered_outage_tells_of_few_devices_and_folds_them(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    char text[4096] = "{'devices':[";
    for (int i = 0; i < 40; i++) {
        size_t n = strlen(text);
        snprintf(text + n, sizeof(text) - n, "%s{'device':'b%d','class':'90s'}", i ? "," : "",
                 i);
    }
    strncat(text, "]}", sizeof(text) - strlen(text) - 1);
    bench_roster(bench, "s1", text);
    for (int64_t at_s = 1; at_s <= 240; at_s++) {
        char id[16];
        bench_at(bench, at_s * S);
        snprintf(id, sizeof(id), "b%d", (int)(at_s % 40));
        bench_heard(bench, "s1", id);
    }
    assert_string_equal(bench_told(bench), "");
    bench_at(bench, 350 * S);
    const char *told = bench_told(bench);
    assert_non_null(strstr(told, "raised site_silent s1;"));
    unsigned n_raised = 0, n_folded = 0;
    for (const char *at = told; (at = strstr(at, "raised device_silent")); at++)
        n_raised++;
    for (const char *at = told; (at = strstr(at, " folded;")); at++)
        n_folded++;
    assert_int_equal(n_raised, n_folded);
    assert_true(n_raised <= 2);
    assert_int_equal(bench->fold.alarms.n_open, 1 + n_folded);
    for (int i = 0; i < 40; i++) { /* the flood of all coming back */
        char id[16];
        bench_at(bench, (360 + i) * S);
        snprintf(id, sizeof(id), "b%d", i);
        bench_heard(bench, "s1", id);
    }
    assert_string_equal(bench_told(bench), "cleared site_silent s1 heard;");
    bench_free(bench);
}

/* A power cut where each device has a connection of its own: all last wills in a second. */
static void a_flood_of_last_wills_is_one_outage(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    char text[2048] = "{'devices':[", id[16];
    for (int i = 0; i < 20; i++) {
        size_t n = strlen(text);
        snprintf(text + n, sizeof(text) - n, "%s{'device':'b%d','class':'90s'}", i ? "," : "",
                 i);
    }
    strncat(text, "]}", sizeof(text) - strlen(text) - 1);
    bench_roster(bench, "s1", text);
    for (int i = 0; i < 20; i++) {
        snprintf(id, sizeof(id), "b%d", i);
        bench_heard(bench, "s1", id);
    }
    bench_at(bench, S);
    for (int i = 0; i < 20; i++) {
        snprintf(id, sizeof(id), "b%d", i);
        bench_status(bench, "s1", id, "{'online':false}");
    }
    assert_string_equal(bench_told(bench),
                        "raised device_silent s1/b0;raised device_silent s1/b1;"
                        "raised site_silent s1;cleared device_silent s1/b0 folded;"
                        "cleared device_silent s1/b1 folded;");
    bench_at(bench, HOUR);
    assert_string_equal(bench_told(bench), "");
    bench_free(bench);
}

/* A device that nobody entered in the roster talks on: the site is not cut off. */
static void a_site_of_which_somebody_is_heard_is_not_cut(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench_roster(bench, "s1", THREE_BEDS);
    speak(bench, 0, 100, 14);
    for (int64_t at_s = 105; at_s <= 400;
         at_s += 10) { /* their batteries die, one button talks */
        bench_at(bench, at_s * S);
        bench_heard(bench, "s1", "button");
    }
    assert_string_equal(bench_connection(bench, "s1", NULL), "online");
    const char *told = bench_told(bench);
    assert_null(strstr(told, "site_silent"));
    assert_non_null(strstr(told, "raised device_silent s1/bed-3;"));
    bench_at(bench, 500 * S); /* and now nobody */
    assert_non_null(strstr(bench_told(bench), "raised site_silent s1;"));
    bench_heard(bench, "s1", "button");
    assert_non_null(strstr(bench_told(bench), "cleared site_silent s1 heard;"));
    assert_string_equal(bench_connection(bench, "s1", NULL), "online");
    bench_free(bench);
}

/* All of the roster said goodbye: that is an outage until anybody is heard behind it. */
static void an_outage_by_last_wills_ends_with_whoever_is_heard(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench_roster(bench, "s1", THREE_BEDS);
    speak(bench, 0, 100, 14);
    bench_at(bench, 101 * S);
    bench_heard(bench, "s1", "button");
    bench_at(bench, 102 * S);
    bench_status(bench, "s1", "bed-1", "{'online':false}");
    bench_status(bench, "s1", "bed-2", "{'online':false}");
    bench_status(bench, "s1", "bed-3", "{'online':false}");
    assert_non_null(strstr(bench_told(bench), "raised site_silent s1;"));
    bench_at(bench, 103 * S);
    bench_heard(bench, "s1", "button");
    assert_string_equal(bench_told(bench), "cleared site_silent s1 heard;");
    bench_at(bench, 110 * S); /* the verdict is not taken back and forth */
    assert_string_equal(bench_connection(bench, "s1", NULL), "online");
    bench_free(bench);
}

static void who_does_not_come_back_is_told_after_its_class(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench_roster(bench, "s1", THREE_BEDS);
    speak(bench, 0, 100, 14);
    bench_at(bench, 300 * S);
    assert_string_equal(bench_told(bench), "raised site_silent s1;");
    speak(bench, 300, 390, 2 | 4);
    assert_string_equal(bench_told(bench), "cleared site_silent s1 heard;");
    assert_string_equal(bench_connection(bench, "s1", "bed-3"), "unknown");
    speak(bench, 390, 430, 2 | 4);
    assert_string_equal(bench_told(bench), "raised device_silent s1/bed-3;");
    bench_free(bench);
}

static void a_device_that_was_silent_before_keeps_its_alarm(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench_roster(bench, "s1", THREE_BEDS);
    speak(bench, 0, 200, 2 | 4);
    assert_string_equal(bench_told(bench), "raised device_silent s1/bed-3;");
    bench_at(bench, 400 * S);
    assert_string_equal(bench_told(bench), "raised site_silent s1;");
    bench_heard(bench, "s1", "bed-1");
    assert_string_equal(bench_told(bench), "cleared site_silent s1 heard;");
    assert_string_equal(bench_connection(bench, "s1", "bed-3"), "silent");
    bench_free(bench);
}

static void a_lost_gateway_is_its_site(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench_roster(bench, "s1", BEDS_AND_GATEWAY);
    speak(bench, 0, 100, 15);
    bench_status(bench, "s1", "gw", "{'online':false}");
    assert_string_equal(bench_connection(bench, "s1", "gw"), "silent");
    assert_string_equal(bench_connection(bench, "s1", NULL), "unknown");
    assert_string_equal(bench_told(bench), "");
    bench_at(bench, 120 * S);
    assert_string_equal(bench_told(bench), "raised site_silent s1;");
    assert_string_equal(bench_connection(bench, "s1", NULL), "silent");
    bench_at(bench, 500 * S);
    assert_string_equal(bench_told(bench), "");
    speak(bench, 500, 520, 15);
    assert_string_equal(bench_told(bench), "cleared site_silent s1 heard;");
    bench_free(bench);
}

static void a_gateway_that_reconnects_in_time_is_not_told(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench_roster(bench, "s1", BEDS_AND_GATEWAY);
    speak(bench, 0, 100, 15);
    bench_status(bench, "s1", "gw", "{'online':false}");
    bench_at(bench, 105 * S);
    bench_status(bench, "s1", "gw", "{'online':true}");
    assert_string_equal(bench_connection(bench, "s1", NULL), "online");
    speak(bench, 110, 300, 15);
    assert_string_equal(bench_told(bench), "");
    bench_free(bench);
}

static void a_gateway_whose_devices_still_speak_is_a_device(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench_roster(bench, "s1", BEDS_AND_GATEWAY);
    speak(bench, 0, 100, 15);
    bench_status(bench, "s1", "gw", "{'online':false}");
    speak(bench, 100, 150, 14);
    assert_string_equal(bench_told(bench), "raised device_silent s1/gw;");
    assert_string_equal(bench_connection(bench, "s1", NULL), "online");
    bench_free(bench);
}

static void a_living_gateway_without_devices_is_alive_without_data(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench_roster(bench, "s1", BEDS_AND_GATEWAY);
    speak(bench, 0, 100, 15);
    speak(bench, 100, 250, 1);
    assert_string_equal(bench_told(bench), "raised alive_no_data s1;");
    assert_string_equal(bench_connection(bench, "s1", NULL), "alive_no_data");
    speak(bench, 250, 300, 15);
    assert_string_equal(bench_told(bench), "cleared alive_no_data s1 heard;");
    speak(bench, 300, 330, 15);
    bench_at(bench, 600 * S); /* and then all of it */
    assert_string_equal(bench_told(bench), "raised site_silent s1;");
    bench_free(bench);
}

static void a_mute_site_that_is_cut_changes_its_one_alarm(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench_roster(bench, "s1", BEDS_AND_GATEWAY);
    speak(bench, 0, 100, 15);
    speak(bench, 100, 250, 1);
    assert_string_equal(bench_told(bench), "raised alive_no_data s1;");
    bench_at(bench, 600 * S);
    assert_string_equal(bench_told(bench),
                        "cleared alive_no_data s1 folded;raised site_silent s1;");
    bench_free(bench);
}

static void wills_kept_for_us_while_we_were_deaf_are_one_outage(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench_roster(bench, "s1", THREE_BEDS);
    speak(bench, 0, 100, 14);
    supervision_link(&bench->fold, false);
    bench_at(bench, 200 * S);
    static const char *const bed[] = {"bed-1", "bed-2", "bed-3"};
    for (size_t i = 0; i < 3; i++)
        supervision_status(&bench->fold, bench_site(bench, "s1"),
                           bench_device(bench, "s1", bed[i]),
                           doc_of(&bench->doc, "{'online':false}"), true, &bench->err);
    supervision_link(&bench->fold, true);
    bench_at(bench, 201 * S);
    assert_string_equal(bench_told(bench), "raised site_silent s1;");
    bench_free(bench);
}

static void the_sender_of_a_roster_is_a_gateway_unless_it_says_otherwise(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    struct site *site = bench_site(bench, "s1");
    struct device *hub = bench_device(bench, "s1", "hub");
    struct device *bed = bench_device(bench, "s1", "bed-1");
    const struct cw_doc *doc = doc_of(&bench->doc, ONE_BED);
    registry_roster(&bench->fold, site, hub, doc, &bench->err);
    assert_true(hub->is_gateway);
    registry_roster(&bench->fold, site, bed, doc, &bench->err);
    assert_false(bed->is_gateway);
    assert_int_equal(site->n_field, 1);
    bench_free(bench);
}

static void without_folding_each_device_is_told(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench->rule[2].fold_site = false;
    bench_roster(bench, "s1", THREE_BEDS);
    speak(bench, 0, 100, 14);
    speak(bench, 100, 130, 2); /* so the site is silent later than the others */
    bench_at(bench, 300 * S);
    const char *told = bench_told(bench);
    assert_non_null(strstr(told, "raised device_silent s1/bed-1;"));
    assert_non_null(strstr(told, "raised device_silent s1/bed-2;"));
    assert_non_null(strstr(told, "raised device_silent s1/bed-3;"));
    assert_non_null(strstr(told, "raised site_silent s1;"));
    assert_null(strstr(told, "folded"));
    bench_free(bench);
}

/* A planned restart: what is silent meanwhile is set aside; at its end everybody has a class
 * to be heard again, and who is not is told then. */
static void after_maintenance_silence_counts_anew(void **state)
{
    (void)state;
    static const struct {
        const char *device; /* "": the whole site */
        unsigned speak;     /* during the maintenance */
        const char *aside, *over, *told;
    } rows[] = {
        {"", 0, "raised site_silent s1;", "cleared site_silent s1 maintained;",
         "raised site_silent s1;"},
        {"bed-1", 13, "raised device_silent s1/bed-1;",
         "cleared device_silent s1/bed-1 maintained;", "raised device_silent s1/bed-1;"},
    };
    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
        bool is_back = i % 2;
        const char *device = rows[i / 2].device;
        struct bench *bench = bench_new();
        bench_roster(bench, "s1", BEDS_AND_GATEWAY);
        speak(bench, 0, 300, 15);
        assert_int_equal(quiet_maintain(&bench->fold, CW_STR("s1"), str_of(device),
                                        bench->fold.now_ns + HOUR, CW_STR(""), NULL),
                         0);
        speak(bench, 300, 600, rows[i / 2].speak);
        bench_at(bench, 600 * S);
        assert_string_equal(bench_told(bench), rows[i / 2].aside);
        assert_int_equal(quiet_maintained(&bench->fold, CW_STR("s1"), str_of(device)), 0);
        assert_string_equal(bench_told(bench), rows[i / 2].over);
        assert_string_equal(bench_connection(bench, "s1", device[0] ? device : NULL),
                            "unknown");
        speak(bench, 600, 660, rows[i / 2].speak);
        assert_string_equal(bench_told(bench), "");
        speak(bench, 660, 800, is_back ? 15 : rows[i / 2].speak);
        bench_at(bench, 800 * S);
        assert_string_equal(bench_told(bench), is_back ? "" : rows[i / 2].told);
        bench_free(bench);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_site_cut_is_one_alarm),
        cmocka_unit_test(a_staggered_outage_tells_of_few_devices_and_folds_them),
        cmocka_unit_test(a_flood_of_last_wills_is_one_outage),
        cmocka_unit_test(a_site_of_which_somebody_is_heard_is_not_cut),
        cmocka_unit_test(an_outage_by_last_wills_ends_with_whoever_is_heard),
        cmocka_unit_test(who_does_not_come_back_is_told_after_its_class),
        cmocka_unit_test(a_device_that_was_silent_before_keeps_its_alarm),
        cmocka_unit_test(a_lost_gateway_is_its_site),
        cmocka_unit_test(a_gateway_that_reconnects_in_time_is_not_told),
        cmocka_unit_test(a_gateway_whose_devices_still_speak_is_a_device),
        cmocka_unit_test(a_living_gateway_without_devices_is_alive_without_data),
        cmocka_unit_test(a_mute_site_that_is_cut_changes_its_one_alarm),
        cmocka_unit_test(wills_kept_for_us_while_we_were_deaf_are_one_outage),
        cmocka_unit_test(the_sender_of_a_roster_is_a_gateway_unless_it_says_otherwise),
        cmocka_unit_test(without_folding_each_device_is_told),
        cmocka_unit_test(after_maintenance_silence_counts_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
