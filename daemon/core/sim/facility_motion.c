/*
 * facility_motion.c - acceleration at the wrist or waist, 50 times a second in mg, as the
 * band sends it around an impact: two seconds of its buffer and ten behind it.
 *
 *   fall        standing | dip | impact, rings out | lying, still, turned by 50-120 degrees
 *   sits hard   standing |     | a smaller impact  | as before, soon moves
 *   dropped     in hand  | weightless | hard, rings | on the floor, without any pulse
 *   transfer    lies down slowly, no impact to speak of, turned all the same
 */
#include "core/sim/facility_private.h"

#define RATE 50
#define PERIOD_MS (SECOND_MS / RATE)

struct vector {
    int64_t x, y, z;
};

/* How an impact goes; times in ms from it. */
struct shape {
    int64_t dip_ms, dip;    /* so long before it the length of the vector falls to this */
    int64_t peak, rings_ms; /* mg above one g; halves every rings_ms */
    int64_t noise_before, noise_after, moves_ms; /* moves again so long after it; 0 never */
    struct vector after;                         /* gravity as the sensor feels it afterwards */
    int64_t turns_ms;                            /* how long the turn takes */
};

static int64_t pick(struct draw_key key, uint64_t *n, int64_t low, int64_t high)
{
    return draw_between(key, (*n)++, low, high);
}

/* Unit vectors in mg, 50 to 120 degrees away from upright (0, -1000, 0). */
static const struct vector lying[] = {
    {985, -174, 0},   {-940, -342, 0}, {0, -342, 940},  {0, 174, -985},
    {643, -500, 580}, {-766, 0, 643},  {500, 342, 796}, {-574, -342, -744},
};

static struct shape shape_of(enum act_kind kind, struct draw_key key, int64_t impact_ms)
{
    uint64_t n = (uint64_t)impact_ms * 32;
    struct shape shape = {
        .noise_before = pick(key, &n, 20, 70),
        .after = {0, -1000, 0},
    };

    switch (kind) {
    case ACT_FALL:
        shape.dip_ms = pick(key, &n, 200, 480);
        shape.dip = pick(key, &n, 120, 650);
        shape.peak = pick(key, &n, 2000, 6800);
        shape.rings_ms = pick(key, &n, 30, 70);
        shape.noise_after = pick(key, &n, 5, 18);
        shape.after = lying[pick(key, &n, 0, 7)];
        shape.turns_ms = 500;
        break;
    case ACT_BAND_DROPPED:
        shape.dip_ms = pick(key, &n, 300, 450);
        shape.dip = 30;
        shape.peak = pick(key, &n, 6000, 12000);
        shape.rings_ms = 20;
        shape.after = lying[pick(key, &n, 0, 7)];
        shape.turns_ms = 200;
        shape.noise_after = 1;
        break;
    case ACT_BED_TRANSFER:
        shape.peak = pick(key, &n, 500, 900);
        shape.rings_ms = 120;
        shape.noise_after = pick(key, &n, 10, 30);
        shape.after = lying[pick(key, &n, 0, 7)];
        shape.turns_ms = 3500;
        break;
    default: /* sits down, more or less hard */
        shape.dip_ms = pick(key, &n, 0, 200);
        shape.dip = 800;
        shape.peak =
            kind == ACT_SITS_HARD ? pick(key, &n, 1300, 2600) : pick(key, &n, 500, 1100);
        shape.rings_ms = pick(key, &n, 30, 70);
        shape.noise_after = pick(key, &n, 12, 40);
        shape.moves_ms = pick(key, &n, 3000, 9000);
        shape.after = (struct vector){pick(key, &n, -250, 250), -960, pick(key, &n, -120, 120)};
        shape.turns_ms = 600;
    }
    return shape;
}

static int64_t mix(int64_t from, int64_t to, int64_t part, int64_t whole)
{
    if (part <= 0)
        return from;
    return part >= whole ? to : from + (to - from) * part / whole;
}

/* Permille of one g that is felt beside the impact itself: less while falling. */
static int64_t felt(const struct shape *shape, int64_t since_ms)
{
    if (since_ms >= 0 || since_ms < -shape->dip_ms)
        return 1000;
    int64_t half = shape->dip_ms / 3 + 1;
    return mix(1000, shape->dip, since_ms + shape->dip_ms, half);
}

static int64_t knock(const struct shape *shape, int64_t since_ms)
{
    int64_t peak = shape->peak;

    if (since_ms < 0)
        return 0;
    for (; since_ms >= shape->rings_ms && peak > 4; since_ms -= shape->rings_ms)
        peak /= 2;
    return peak - peak / 2 * since_ms / (shape->rings_ms + 1);
}

static struct vector felt_at(const struct shape *shape, struct draw_key key, int64_t at_ms,
                             int64_t since_ms)
{
    int64_t turned = since_ms + shape->turns_ms / 2;
    int64_t share = felt(shape, since_ms), hit = knock(shape, since_ms);
    int64_t width = since_ms < 0 ? shape->noise_before : shape->noise_after;
    struct vector g = {
        mix(0, shape->after.x, turned, shape->turns_ms + 1) * share / 1000,
        mix(-1000, shape->after.y, turned, shape->turns_ms + 1) * share / 1000,
        mix(0, shape->after.z, turned, shape->turns_ms + 1) * share / 1000,
    };
    uint64_t tick = (uint64_t)at_ms * 4;

    if (shape->moves_ms && since_ms > shape->moves_ms)
        width = 90;
    g.x += hit * 3 / 10 + draw_between(key, tick, -width, width);
    g.y -= hit * 9 / 10 - draw_between(key, tick + 1, -width, width);
    g.z += hit * 3 / 10 + draw_between(key, tick + 2, -width, width);
    return g;
}

int64_t motion_time(int64_t impact_ms, uint64_t tick)
{
    int64_t second_ends = impact_ms + ((int64_t)tick - 1) * SECOND_MS;
    int64_t first = impact_ms + 300; /* the interrupt, and waking up the radio */

    if (tick >= IMPACT_SECONDS)
        return NEVER;
    return second_ends + 100 > first ? second_ends + 100 : first + 10 * (int64_t)tick;
}

void motion_payload(struct facility *facility, uint32_t bed, int64_t impact_ms, int64_t second,
                    enum act_kind kind)
{
    struct draw_key key = bed_key(facility, bed, CH_IMPACT);
    struct shape shape = shape_of(kind, key, impact_ms);

    key.channel += 64;
    buf_add_char(&facility->payload, '[');
    for (int64_t i = 0; i < RATE; i++) {
        int64_t since_ms = second * SECOND_MS + i * PERIOD_MS;
        struct vector g = felt_at(&shape, key, impact_ms + since_ms, since_ms);
        buf_printf(&facility->payload,
                   "%s{\"ts\":%lld,\"values\":{\"ax\":%lld,\"ay\":%lld,\"az\":%lld}}",
                   i ? "," : "", facility_epoch_ms(facility, impact_ms + since_ms),
                   (long long)g.x, (long long)g.y, (long long)g.z);
    }
    buf_add_char(&facility->payload, ']');
}
