/*
 * test_layout.c - a layout is found by its pattern and decoder, and by nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/series/layout.h"

static struct metric hr = {.measurement = MEASUREMENT_VITALS},
                     battery = {.measurement = MEASUREMENT_DEVICE},
                     site = {.measurement = MEASUREMENT_NONE};

static void a_layout_is_found_by_pattern_and_decoder(void **state)
{
    (void)state;
    struct layouts layouts = {.layout = NULL};
    const struct metric *metric[] = {&hr, &battery};
    assert_null(layout_find(&layouts, 0, 70));
    layout_keep(&layouts, 0, 70, metric, 2);
    const struct layout *layout = layout_find(&layouts, 0, 70);
    assert_non_null(layout);
    assert_int_equal(layout->n, 2);
    assert_ptr_equal(layout->metric[1], &battery);
    assert_null(layout_find(&layouts, 1, 70));
    assert_null(layout_find(&layouts, 0, 70 + MAX_LAYOUTS));
    assert_null(layout_find(&layouts, 0, 0));
    layouts_done(&layouts);
}

static void a_place_that_is_taken_over_has_another_serial(void **state)
{
    (void)state;
    struct layouts layouts = {.layout = NULL};
    const struct metric *metric[] = {&hr};
    layout_keep(&layouts, 0, 7, metric, 1);
    uint64_t serial = layout_find(&layouts, 0, 7)->serial;
    layout_keep(&layouts, 1, 7, metric, 1);
    assert_null(layout_find(&layouts, 0, 7));
    assert_int_not_equal(layout_find(&layouts, 1, 7)->serial, serial);
    layouts_clear(&layouts);
    assert_null(layout_find(&layouts, 1, 7));
    layout_keep(&layouts, 0, 7, metric, 1);
    assert_int_not_equal(layout_find(&layouts, 0, 7)->serial, serial);
    layouts_done(&layouts);
}

static void what_is_never_written_or_too_much_has_none(void **state)
{
    (void)state;
    struct layouts layouts = {.layout = NULL};
    const struct metric *metric[MAX_LAYOUT_FIELDS + 1];
    for (uint32_t i = 0; i <= MAX_LAYOUT_FIELDS; i++)
        metric[i] = &hr;
    layout_keep(&layouts, 0, 1, metric, MAX_LAYOUT_FIELDS + 1);
    assert_null(layout_find(&layouts, 0, 1));
    metric[3] = &site;
    layout_keep(&layouts, 0, 2, metric, 5);
    assert_null(layout_find(&layouts, 0, 2));
    layout_keep(&layouts, 0, 0, metric, 2);
    assert_null(layout_find(&layouts, 0, 0));
    layouts_done(&layouts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_layout_is_found_by_pattern_and_decoder),
        cmocka_unit_test(a_place_that_is_taken_over_has_another_serial),
        cmocka_unit_test(what_is_never_written_or_too_much_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
