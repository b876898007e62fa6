/*
 * test_metric.c - the contract's names, names of one's own, and one type for each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/series/metric.h"

static void known_names_have_their_measurement_and_type(void **state)
{
    (void)state;
    static const struct {
        const char *name, *measurement;
        uint8_t type;
    } rows[] = {
        {"hr", "vitals", CW_F64},      {"consciousness", "vitals", CW_TEXT},
        {"fall", "vitals", CW_BOOL},   {"call", "vitals", CW_BOOL},
        {"in_bed", "bed", CW_BOOL},    {"motion", "room", CW_F64},
        {"smoke", "room", CW_BOOL},    {"water_l", "room", CW_F64},
        {"battery", "device", CW_F64}, {"lat", "device", CW_F64},
    };
    struct metric_table table;
    metric_table_init(&table);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct metric *metric = metric_find(&table, str_of(rows[i].name));
        assert_non_null(metric);
        assert_string_equal(measurement_name(metric->measurement), rows[i].measurement);
        assert_int_equal(metric->type, rows[i].type);
    }
    assert_null(metric_find(&table, CW_STR("unheard")));
    metric_table_done(&table);
}

static void an_unknown_name_keeps_the_type_of_its_first_value(void **state)
{
    (void)state;
    static const struct {
        uint32_t first, type, second;
        bool takes;
    } rows[] = {
        {CW_I64, CW_F64, CW_F64, true},     {CW_F64, CW_F64, CW_BOOL, true},
        {CW_BOOL, CW_BOOL, CW_F64, true},   {CW_TEXT, CW_TEXT, CW_F64, false},
        {CW_F64, CW_F64, CW_TEXT, false},   {CW_TEXT, CW_TEXT, CW_TEXT, true},
        {CW_BOOL, CW_BOOL, CW_TEXT, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct metric_table table;
        metric_table_init(&table);
        const struct metric *metric = metric_intern(&table, CW_STR("own"), rows[i].first);
        assert_int_equal(metric->type, rows[i].type);
        assert_ptr_equal(metric_intern(&table, CW_STR("own"), rows[i].second), metric);
        assert_int_equal(metric->type, rows[i].type);
        assert_int_equal(metric_takes(metric, rows[i].second), rows[i].takes);
        assert_int_equal(metric->measurement, MEASUREMENT_DEVICE);
        metric_table_done(&table);
    }
}

static void a_value_is_brought_to_the_type_of_its_metric(void **state)
{
    (void)state;
    struct metric number = {.type = CW_F64}, claim = {.type = CW_BOOL};
    struct cw_field field = {.type = CW_I64, .raw = CW_STR("97i"), .v.i64 = 97};
    assert_true(metric_settle(&number, &field) == 97);
    assert_int_equal(field.type, CW_F64);
    assert_true(field.v.f64 == 97);
    assert_int_equal(field.raw.n, 0);

    field = (struct cw_field){.type = CW_BOOL, .raw = CW_STR("true"), .v.boolean = 1};
    assert_true(metric_settle(&number, &field) == 1);
    assert_true(field.v.f64 == 1);

    field = (struct cw_field){.type = CW_F64, .raw = CW_STR("3"), .v.f64 = 3};
    assert_true(metric_settle(&claim, &field) == 1);
    assert_int_equal(field.type, CW_BOOL);
    assert_int_equal(field.v.boolean, 1);

    field = (struct cw_field){.type = CW_F64, .raw = CW_STR("3.50"), .v.f64 = 3.5};
    assert_true(metric_settle(&number, &field) == 3.5);
    assert_true(str_is(field.raw, "3.50"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_names_have_their_measurement_and_type),
        cmocka_unit_test(an_unknown_name_keeps_the_type_of_its_first_value),
        cmocka_unit_test(a_value_is_brought_to_the_type_of_its_metric),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
