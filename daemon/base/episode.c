/*
 * episode.c - the gate: a counter and the rarity that was told last.
 */
#include "base/episode.h"

#define BEFORE 0.4 /* the score just below the limit */

double episode_score(struct episode *episode, const struct episode_rule *rule, double rarity,
                     bool silent)
{
    if (episode->n_since < UINT32_MAX)
        episode->n_since++;
    if (rarity < rule->from || silent)
        return rarity < rule->from ? BEFORE * rarity / rule->from : BEFORE;
    if (episode->has_told && episode->n_since < rule->quiet &&
        rarity <= episode->told + rule->worse)
        return 0;
    episode->has_told = true;
    episode->n_since = 0;
    episode->told = rarity;
    return 0.5 + 0.5 * rarity / (rarity + 4 * rule->from);
}
