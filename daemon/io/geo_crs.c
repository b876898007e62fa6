/*
 * geo_crs.c - the shift is a published sum of sines over the Krasovsky ellipsoid; it has no
 * inverse in closed form, so the way back is found by trying. For the API alone: libm's last
 * digits differ between machines, so nothing of it may enter the fold.
 */
#include "io/geo_crs.h"

#include <math.h>

#define PI 3.14159265358979324
#define AXIS 6378245.0
#define ECCENTRICITY2 0.00669342162296594323
#define TRIES 8

static double waves(double x, double a, double b, double c)
{
    return (20 * sin(6 * x * PI) + 20 * sin(2 * x * PI)) * 2 / 3 * a + b + c;
}

static void shift(double lat, double lon, double *dlat, double *dlon)
{
    double x = lon - 105, y = lat - 35, root = sqrt(fabs(x));
    double north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root +
                   waves(x, 1, (20 * sin(y * PI) + 40 * sin(y / 3 * PI)) * 2 / 3,
                         (160 * sin(y / 12 * PI) + 320 * sin(y * PI / 30)) * 2 / 3);
    double east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root +
                  waves(x, 1, (20 * sin(x * PI) + 40 * sin(x / 3 * PI)) * 2 / 3,
                        (150 * sin(x / 12 * PI) + 300 * sin(x / 30 * PI)) * 2 / 3);
    double sine = sin(lat / 180 * PI), magic = 1 - ECCENTRICITY2 * sine * sine;
    *dlat = north * 180 / (AXIS * (1 - ECCENTRICITY2) / (magic * sqrt(magic)) * PI);
    *dlon = east * 180 / (AXIS / sqrt(magic) * cos(lat / 180 * PI) * PI);
}

static int is_outside(double lat, double lon)
{
    return !(lon >= 72.004 && lon <= 137.8347 && lat >= 0.8293 && lat <= 55.8271);
}

void geo_wgs84_to_gcj02(double *lat, double *lon)
{
    double dlat, dlon;
    if (is_outside(*lat, *lon))
        return;
    shift(*lat, *lon, &dlat, &dlon);
    *lat += dlat;
    *lon += dlon;
}

void geo_gcj02_to_wgs84(double *lat, double *lon)
{
    double to_lat = *lat, to_lon = *lon;
    if (is_outside(to_lat, to_lon))
        return;
    for (int i = 0; i < TRIES; i++) {
        double at_lat = *lat, at_lon = *lon;
        geo_wgs84_to_gcj02(&at_lat, &at_lon);
        *lat += to_lat - at_lat;
        *lon += to_lon - at_lon;
    }
}
