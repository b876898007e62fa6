/*
 * geo.h - distances between places, by additions, products and one root, so that every
 * machine gives the same bits.
 */
#ifndef BASE_GEO_H
#define BASE_GEO_H

/* Metres between two places in degrees; exact enough (0.5 %) within a city. NAN when one is. */
double geo_distance_m(double lat1, double lon1, double lat2, double lon2);

#endif
