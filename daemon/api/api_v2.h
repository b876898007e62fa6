/*
 * api_v2.h - private to api_v2*.c and its tests: alerts that other programs push to us.
 */
#ifndef API_V2_H
#define API_V2_H

#include <stdint.h>

struct api;

/* Pushed alerts whose end was not said again in time are over. */
void v2_start(struct api *api);
void v2_stop(struct api *api);
void v2_tick(struct api *api, int64_t now_ns);

#endif
