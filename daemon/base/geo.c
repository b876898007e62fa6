/*
 * geo.c - the plane that touches the earth between the two places.
 */
#include "base/geo.h"

#include <math.h>

#define METRES_PER_DEGREE 111194.93 /* of a sphere of 6,371 km */
#define RADIANS_PER_DEGREE 0.017453292519943295

/* Its series, for angles up to a right one; the error is below 1e-6. */
static double cosine(double x)
{
    double y = x * x;
    return 1 -
           y / 2 * (1 - y / 12 * (1 - y / 30 * (1 - y / 56 * (1 - y / 90 * (1 - y / 132)))));
}

double geo_distance_m(double lat1, double lon1, double lat2, double lon2)
{
    double dlat = lat2 - lat1, dlon = lon2 - lon1;
    if (dlon > 180)
        dlon -= 360;
    if (dlon < -180)
        dlon += 360;
    dlon *= cosine((lat1 + lat2) / 2 * RADIANS_PER_DEGREE);
    return METRES_PER_DEGREE * sqrt(dlat * dlat + dlon * dlon);
}
