/*
 * test_geo_crs.c - coordinates of maps in China and back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "io/geo_crs.h"

static int near(double a, double b, double within)
{
    return fabs(a - b) <= within;
}

static void the_shift_is_the_published_one_and_comes_back(void **state)
{
    static const struct {
        double lat, lon, to_lat, to_lon;
    } row[] = {
        {39.915, 116.404, 39.91640428150164, 116.41024449916938}, /* a published pair */
        {51.5, -0.12, 51.5, -0.12},                               /* not in China */
    };
    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        double lat = row[i].lat, lon = row[i].lon;
        geo_wgs84_to_gcj02(&lat, &lon);
        assert_true(near(lat, row[i].to_lat, 1e-9) && near(lon, row[i].to_lon, 1e-9));
        geo_gcj02_to_wgs84(&lat, &lon);
        assert_true(near(lat, row[i].lat, 1e-7) && near(lon, row[i].lon, 1e-7));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shift_is_the_published_one_and_comes_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
