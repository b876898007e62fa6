/*
 * test_civil.c - dates to days and back, over leap years and centuries.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/civil.h"
#include "base/str.h"

static void dates_are_days_and_back(void **state)
{
    static const struct {
        const char *date;
        int64_t days;
        int weekday;
    } row[] = {{"1970-01-01", 0, 3},
               {"1969-12-31", -1, 2},
               {"2000-02-29", 11016, 1},
               {"2024-12-31", 20088, 1},
               {"2026-11-26", 20783, 3}};
    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        char text[CIVIL_MAX];
        int64_t days = 0;
        assert_int_equal(civil_parse(str_of(row[i].date), &days), 0);
        assert_int_equal(days, row[i].days);
        assert_int_equal(civil_weekday(days), row[i].weekday);
        assert_int_equal(civil_format(days, text), 10);
        assert_string_equal(text, row[i].date);
    }
}

static void what_is_no_date_is_refused(void **state)
{
    static const char *const row[] = {"",           "2025-02-29", "2025-13-01",
                                      "2025-00-10", "2025-1-1",   "2025/01/01",
                                      "2025-01-32", "20250101",   "2025-01-011"};
    int64_t days;
    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
        assert_int_not_equal(civil_parse(str_of(row[i]), &days), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(dates_are_days_and_back),
                                       cmocka_unit_test(what_is_no_date_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
