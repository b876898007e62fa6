/*
 * sim_request.h - what `carewatch sim` was asked for: its command line as a struct.
 */
#ifndef SIM_REQUEST_H
#define SIM_REQUEST_H

#include "core/sim/bureau.h"
#include "core/sim/facility.h"
#include "io/mqtt.h"

struct sim_request {
    bool is_facility, is_bureau;
    struct city_options city; /* seed, beds, times, script are the facility's, too */
    struct facility_options facility;
    struct bureau_options bureau;
    struct mqtt_broker_options broker;
    const char *truth_file, *stats_file, *scenario_file, *format;
    struct city_scripted *script; /* of the scenario; owned */
    uint8_t without[FACILITY_MAX_ACTS / 8];
    int64_t for_ns; /* 0: until a signal */
    bool has_broker, has_start, has_beds;
};

/* Presets, then the arguments. 0, or the exit code (the mistake is told); *done: help was
 * asked for. Free it in any case. */
int sim_request_read(int argc, char **argv, struct sim_request *request, bool *done);
void sim_request_free(struct sim_request *request);

#endif
