/*
 * episode.h - one alarm per episode: what has been told is not told again a moment later,
 * unless it has become much worse.
 *
 *   rarity      __/\_____      _/\__ worse: told
 *          ____/         \____/     \____
 *              ^ told    (silent)  ^
 *              |<------ quiet ------>|
 *
 * Plain bytes; zeroed memory has told nothing.
 */
#ifndef BASE_EPISODE_H
#define BASE_EPISODE_H

#include <stdbool.h>
#include <stdint.h>

#define EPISODE_SCALE 16.0 /* decades that are the score 1 where nothing is gated */

struct episode {
    double told;      /* rarity that was told last */
    uint32_t n_since; /* values since then */
    bool has_told;
};

/* The rules of a gate, in decades and values. */
struct episode_rule {
    double from;    /* rarer than this is told */
    double worse;   /* so much rarer than what was told is told again at once */
    uint32_t quiet; /* so many values after it nothing else is */
};

/* The score of a value, 0..1: 0.5 or more when it is to be told, less than 0.5 before, 0 in
 * the quiet behind it. `silent`: nothing is to be told yet. */
double episode_score(struct episode *episode, const struct episode_rule *rule, double rarity,
                     bool silent);

#endif
