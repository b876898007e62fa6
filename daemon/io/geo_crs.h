/*
 * geo_crs.h - from WGS-84 to GCJ-02, the shifted coordinates of maps in China, and back.
 */
#ifndef IO_GEO_CRS_H
#define IO_GEO_CRS_H

/* In place; outside of China nothing is shifted. */
void geo_wgs84_to_gcj02(double *lat, double *lon);
/* Back, to a centimetre. */
void geo_gcj02_to_wgs84(double *lat, double *lon);

#endif
