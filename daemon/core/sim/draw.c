/*
 * draw.c - splitmix64's finaliser over the parts of the key.
 */
#include "core/sim/draw.h"

static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

uint64_t draw(struct draw_key key, uint64_t tick)
{
    uint64_t x = mix(key.seed);

    x = mix(x ^ ((uint64_t)key.site << 32 | key.device));
    x = mix(x ^ key.channel);
    return mix(x ^ tick);
}

int64_t draw_between(struct draw_key key, uint64_t tick, int64_t low, int64_t high)
{
    if (high <= low)
        return low;
    return low + (int64_t)(draw(key, tick) % (uint64_t)(high - low + 1));
}

int64_t draw_drift(struct draw_key key, int64_t at_ms, int64_t period_ms)
{
    int64_t step = at_ms / period_ms, within = at_ms % period_ms;
    int64_t here = draw_between(key, (uint64_t)step, -1000, 1000);
    int64_t next = draw_between(key, (uint64_t)step + 1, -1000, 1000);

    return here + (next - here) * within / period_ms;
}
