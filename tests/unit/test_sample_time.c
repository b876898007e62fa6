/*
 * test_sample_time.c - which time counts, by what the device says and when it arrived.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/units.h"
#include "core/series/sample_time.h"

#define AT (INT64_C(1763865851) * NS_PER_S)
#define TOLERANCE (300 * NS_PER_S)

static void the_devices_time_counts_when_it_can_be_right(void **state)
{
    (void)state;
    static const struct {
        int64_t time_ns;
        int32_t relative;
        int64_t line_ns, sample_ns;
        bool clock_fault, from_device;
    } rows[] = {
        {0, 0, AT + 3, AT, false, false},
        {AT - NS_PER_S, 0, AT - NS_PER_S, AT - NS_PER_S, false, true},
        {AT - 365 * 86400 * NS_PER_S, 0, AT - 365 * 86400 * NS_PER_S,
         AT - 365 * 86400 * NS_PER_S, false, true},
        {AT + NS_PER_S, 0, AT + NS_PER_S, AT, false, true},
        {AT + TOLERANCE, 0, AT + TOLERANCE, AT, false, true},
        {AT + TOLERANCE + 1, 0, AT + 3, AT, true, false},
        {1, 0, AT + 3, AT, true, false},
        {-5, 0, AT + 3, AT, true, false},
        {INT64_MIN, 0, AT + 3, AT, true, false},
        {INT64_MAX, 0, AT + 3, AT, true, false},
        {INT64_C(946684799999999999), 0, AT + 3, AT, true, false},
        {INT64_C(946684800000000000), 0, INT64_C(946684800000000000),
         INT64_C(946684800000000000), false, true},
        {0, 1, AT, AT, false, true},
        {-5 * NS_PER_S, 1, AT - 5 * NS_PER_S, AT - 5 * NS_PER_S, false, true},
        {INT64_MAX, 1, AT + 3, AT, true, false},
        {INT64_MIN, 1, AT + 3, AT, true, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cw_point point = {.time_ns = rows[i].time_ns, .relative = rows[i].relative};
        struct sample_time time = sample_time_of(&point, 3, AT, TOLERANCE);
        if (time.line_ns != rows[i].line_ns || time.sample_ns != rows[i].sample_ns ||
            time.clock_fault != rows[i].clock_fault || time.from_device != rows[i].from_device)
            fail_msg("row %zu: line %lld, sample %lld", i, (long long)time.line_ns,
                     (long long)time.sample_ns);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_devices_time_counts_when_it_can_be_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
