/*
 * test_detect_loss.c - values that get lost on their way: how many must be, for how long, and
 * what is silence instead.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plugins/detecting.h"

extern const struct cw_plugin carewatch_plugin_detect_loss;

/* A value each ten seconds, or each minute from hour 4 on (slower), for eight hours; from hour
 * 2 to 5 so many of ten are lost; one
 * pause of pause_s at hour 6. Says the hours: "3 ok6". */
static const char *told(const char *settings, uint32_t lost_of_ten, int pause_s, bool slower)
{
    static char text[256];
    struct detecting d;
    uint32_t x = 11;
    text[0] = '\0';
    assert_int_equal(detecting_open(&d, &carewatch_plugin_detect_loss, settings), 0);
    for (int second = 0; second < 8 * 3600; second += 10) {
        x = x * 1664525u + 1013904223u;
        int hour = second / 3600;
        bool lost = hour >= 2 && hour < 5 && (x >> 16) % 10 < lost_of_ten;
        if (slower && hour >= 4 && second % 60)
            continue;
        if (lost || (second >= 6 * 3600 && second < 6 * 3600 + pause_s))
            continue;
        d.said[0] = '\0';
        detecting_sample(&d, 0, second, 0, 1);
        size_t n = strlen(text);
        if (d.said[0])
            snprintf(text + n, sizeof(text) - n, "%s%s%d", n ? " " : "",
                     strstr(d.said, "alarm") ? "" : "ok", hour);
    }
    detecting_close(&d);
    return text;
}

static void what_gets_lost_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *settings;
        uint32_t lost;
        int pause_s;
        const char *told;
        bool slower;
    } rows[] = {
        /* another pace is no loss */
        {"metric=hr over=3h", 0, 0, "", true},
        {"metric=hr", 0, 0, "", false},
        {"metric=hr", 1, 0, "", false},
        {"metric=hr", 6, 0, "2 ok5", false},
        /* hardly any: pauses begin the window anew now and then */
        {"metric=hr", 9, 0, "3 ok5", false},
        {"metric=hr every=10s", 6, 0, "2 ok5", false},
        {"metric=hr share=0.9", 6, 0, "", false},
        {"metric=hr share=0.5 clear=0.1 over=10m", 6, 0, "2 ok5", false},
        /* a pause is silence; what was before it is forgotten */
        {"metric=hr", 0, 3000, "", false},
        {"metric=hr", 0, 900, "", false},
        {"metric=hr share=0.2 clear=0.1", 0, 900, "", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *said =
            told(rows[i].settings, rows[i].lost, rows[i].pause_s, rows[i].slower);
        if (strcmp(said, rows[i].told) != 0)
            fail_msg("row %zu (%s): \"%s\", wanted \"%s\"", i, rows[i].settings, said,
                     rows[i].told);
    }
}

static void limits_that_exclude_each_other_are_refused(void **state)
{
    (void)state;
    struct detecting d;
    assert_int_not_equal(
        detecting_open(&d, &carewatch_plugin_detect_loss, "metric=hr share=0.2 clear=0.3"), 0);
    assert_non_null(strstr(d.err.text, "less than"));
    detecting_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_gets_lost_is_told),
        cmocka_unit_test(limits_that_exclude_each_other_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
