/*
 * bureau.h - a simulated civil affairs bureau: districts, organisations, institutions,
 * stations and bases with their registry records, and what happens to them in months: visits
 * with their exceptions, sessions, projects from contract to payment, inspections, duties,
 * evaluations, credit, complaints. Pure, integers only.
 *
 *   registry records -> acts (one per visit, case, project, site) -> heap by time -> messages
 *
 * Deterministic: the same options give the same bytes. What goes wrong is drawn by its own
 * key and kept as ground truth once it can be seen. Ids of institutions, stations and homes
 * are those of the simulated city (city.h), so that the two make one place.
 */
#ifndef CORE_SIM_BUREAU_H
#define CORE_SIM_BUREAU_H

#include "core/sim/city.h"

struct bureau_options {
    uint64_t seed;
    uint32_t n_institutions, n_stations, n_homes, n_bases, n_organisations, n_projects;
    uint32_t n_visits; /* of each station, a day */
    int64_t start_ms;  /* since the epoch; its local midnight is where days begin */
    int64_t end_ms;    /* no case begins behind it that could not be seen to its end */
};

#define BUREAU_MAX_SITES 20000u /* of all kinds */
#define BUREAU_MAX_ORGANISATIONS 100000u
#define BUREAU_MAX_PROJECTS 100000u
#define BUREAU_MAX_VISITS 100u

struct bureau;
/* n_institutions, n_stations and n_organisations at least 1. */
struct bureau *bureau_new(const struct bureau_options *options);
void bureau_free(struct bureau *bureau);
/* As city_next() and city_due_ms(). Of kind CITY_REGISTRY the topic is what is registered, of
 * CITY_COMMAND what a person decides. */
void bureau_next(struct bureau *bureau, struct city_message *message);
int64_t bureau_due_ms(struct bureau *bureau);
/* What was to be found until now, as one JSON object. */
void bureau_truth(const struct bureau *bureau, struct buf *out);

#endif
