/*
 * sim_world.h - what is simulated: the city, the facility or the bureau, as one thing that says
 * messages.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "cli/sim_request.h"

struct sim_world {
    struct city *city;         /* or */
    struct facility *facility; /* or */
    struct bureau *bureau;
};

void world_build(struct sim_world *world, const struct sim_request *request);
void world_done(struct sim_world *world);
/* As city_due_ms() and city_next(). */
int64_t world_due_ms(struct sim_world *world);
void world_next(struct sim_world *world, struct city_message *message);
/* sha256: of the stream, or "" when it is not known (yet). */
void world_truth(struct sim_world *world, const char *sha256, struct buf *out);
/* Configuration of the sites; of a bureau none: it registers its own. */
void world_sites(const struct sim_world *world, struct buf *out);
/* The first entry of the scenario that has no place, or their number. */
uint32_t world_script_refused(const struct sim_world *world);

#endif
