/*
 * draw.h - random numbers by counter: each is a function of its key alone, so that leaving
 * one draw out changes no other. Integers only.
 */
#ifndef CORE_SIM_DRAW_H
#define CORE_SIM_DRAW_H

#include <stdint.h>

struct draw_key {
    uint64_t seed;
    uint32_t site, device, channel;
};

uint64_t draw(struct draw_key key, uint64_t tick);
/* low..high, both included; low when high <= low. */
int64_t draw_between(struct draw_key key, uint64_t tick, int64_t low, int64_t high);
/* A curve through random points period_ms apart, -1000..1000: what drifts. */
int64_t draw_drift(struct draw_key key, int64_t at_ms, int64_t period_ms);

#endif
