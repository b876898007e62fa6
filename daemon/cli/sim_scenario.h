/*
 * sim_scenario.h - what is to go wrong in the simulated city or facility, from a file:
 *
 *   {"incidents":[{"kind":"desaturation","site":"inst-001","device":"band-11",
 *                  "at":"20s","for":"60s"}, ...]}
 *
 * `kind` as in the truth file; `at` counts from the start; site, device and `for` may be left
 * out. In a facility the site is a ward and the device the bed: "ward-1", "1-03".
 */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include <carewatch/plugin.h>

#include "core/sim/city.h"

#define MAX_SCRIPTED 10000u

/* kind_at gives the kinds that there are, NULL behind the last. Gives *script (the caller
 * frees). 0, or negative errno with err naming file and entry. */
int sim_scenario_read(const char *file, const char *(*kind_at)(uint32_t),
                      struct city_scripted **script, uint32_t *n, struct cw_error *err);

#endif
