/*
 * sim_world.c - city, facility or bureau.
 */
#include "cli/sim_world.h"

void world_build(struct sim_world *world, const struct sim_request *request)
{
    *world = (struct sim_world){0};
    if (request->is_facility)
        world->facility = facility_new(&request->facility);
    else if (request->is_bureau)
        world->bureau = bureau_new(&request->bureau);
    else
        world->city = city_new(&request->city);
}

void world_done(struct sim_world *world)
{
    city_free(world->city);
    facility_free(world->facility);
    bureau_free(world->bureau);
}

int64_t world_due_ms(struct sim_world *world)
{
    if (world->bureau)
        return bureau_due_ms(world->bureau);
    return world->facility ? facility_due_ms(world->facility) : city_due_ms(world->city);
}

void world_next(struct sim_world *world, struct city_message *message)
{
    if (world->bureau)
        bureau_next(world->bureau, message);
    else if (world->facility)
        facility_next(world->facility, message);
    else
        city_next(world->city, message);
}

void world_truth(struct sim_world *world, const char *sha256, struct buf *out)
{
    if (world->bureau)
        bureau_truth(world->bureau, out);
    else if (world->facility)
        facility_truth(world->facility, sha256, out);
    else
        city_truth(world->city, out);
}

void world_sites(const struct sim_world *world, struct buf *out)
{
    if (world->facility)
        facility_sites(world->facility, out);
    else if (world->city)
        city_sites(world->city, out);
}

uint32_t world_script_refused(const struct sim_world *world)
{
    if (world->bureau)
        return 0;
    return world->facility ? facility_script_refused(world->facility)
                           : city_script_refused(world->city);
}
