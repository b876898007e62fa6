/*
 * test_detect_forecast.c - batteries: which are told how long before they are empty.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plugins/detecting.h"

extern const struct cw_plugin carewatch_plugin_detect_forecast;

/* Falls by per_day from 100 %, in steps of one; changed on day `changed` (0: never). Says the
 * days on which it was told and cleared: "40 41". */
static const char *told(const char *settings, double per_day, double noise, int changed)
{
    static char text[256];
    struct detecting d;
    uint32_t x = 3;
    text[0] = '\0';
    assert_int_equal(detecting_open(&d, &carewatch_plugin_detect_forecast, settings), 0);
    for (int hour = 0; hour < 60 * 24; hour++) {
        x = x * 1664525u + 1013904223u;
        int from = changed && hour >= changed * 24 ? changed * 24 : 0;
        double value = 100 - per_day * (hour - from) / 24 + noise * ((double)(x >> 16) / 65536);
        d.said[0] = '\0';
        detecting_sample(&d, 0, hour * 3600.0 + 60, 0, value < 0 ? 0 : (double)(int)value);
        size_t n = strlen(text);
        if (d.said[0])
            snprintf(text + n, sizeof(text) - n, "%s%s%d", n ? " " : "",
                     strstr(d.said, "alarm") ? "" : "ok", hour / 24);
    }
    detecting_close(&d);
    return text;
}

static void a_battery_is_told_before_it_is_empty(void **state)
{
    (void)state;
    static const struct {
        const char *settings;
        double per_day, noise;
        int changed;
        const char *told;
    } rows[] = {
        /* at 10 % on day 45, and whole percents are rounded down: a week before is day 37 */
        {"", 2, 0, 0, "37"},
        {"within=2d", 2, 0, 0, "42"},
        {"reach=20", 2, 0, 0, "32"},
        /* it lasts longer than we look */
        {"", 1, 0, 0, ""},
        {"", 0, 0, 0, ""},
        {"", 0, 3, 0, ""},
        /* changed: over, and begun anew */
        {"", 2, 0, 42, "37 ok42"},
        {"", 6, 0, 10, "8 ok10 18"},
        /* a steep one is told as soon as it is known */
        {"", 10, 0, 0, "2"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *said = told(rows[i].settings[0] ? rows[i].settings : "metric=battery",
                                rows[i].per_day, rows[i].noise, rows[i].changed);
        if (strcmp(said, rows[i].told) != 0)
            fail_msg("row %zu: \"%s\", wanted \"%s\"", i, said, rows[i].told);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_battery_is_told_before_it_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
