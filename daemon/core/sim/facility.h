/*
 * facility.h - a simulated nursing home: wards of ten beds, residents who sleep, eat, walk
 * and are cared for, the sensors around them, the radio and the gateway between those and
 * the broker; and fifteen kinds of incidents with their decoys. Pure, integers only.
 *
 *   day plan -> life -> signals -> device -> transport -> messages by time of arrival
 *      acts (incidents and decoys) change life, signals or the device while they last
 *
 * Deterministic by counter: a value is drawn by its own key (bed, channel, time) alone, and
 * transport by the message's, so an act that is left out changes no message of another bed,
 * and none of its own bed outside of its span (the room's air remembers two hours more).
 * So alarms(with) - alarms(without) = alarms that it caused.
 *
 * The city (city.h) is for looking at and for load: all within minutes. The facility is for
 * judging detectors: natural rates, natural times of day, truth as an event-level scorer
 * reads it.
 */
#ifndef CORE_SIM_FACILITY_H
#define CORE_SIM_FACILITY_H

#include "core/sim/city.h"

#define FACILITY_MAX_BEDS 1000u
#define FACILITY_BEDS_PER_WARD 10u
#define FACILITY_MAX_ACTS 8192u

struct facility_options {
    uint64_t seed;
    uint32_t n_beds; /* 1 to FACILITY_MAX_BEDS */
    int64_t start_ms, end_ms;
    /* Incidents of each kind, and as many decoys; FACILITY_NATURAL: one per ten bed-days. */
    uint32_t per_kind;
    /* Of a thousand messages so many are lost, come late (up to 30 s), come twice. */
    uint32_t lost, late, twice;
    /* How this house differs from others: of a hundred residents so many have a chronic lung
     * disease (SpO2 of 88-92 %, scale 2); noise of sensors, in percent of the ordinary one; by
     * how many minutes the day is later. */
    uint32_t copd, noise, rota_min;
    const uint8_t *without; /* a set of acts by number that do not happen, or NULL; borrowed */
    const struct city_scripted *script; /* instead of per_kind; borrowed until _new returns */
    uint32_t n_script;
};

#define FACILITY_NATURAL UINT32_MAX

struct facility;
struct facility *facility_new(const struct facility_options *options);
void facility_free(struct facility *facility);
/* When the next message arrives, since the epoch; there always is one. */
int64_t facility_due_ms(struct facility *facility);
/* Borrowed until the next call. */
void facility_next(struct facility *facility, struct city_message *message);

/* The truth as JSON: a stream for each bed ("ward-1/1-03") and each ward, with its seconds,
 * events (kind, t0, t_detectable, t1: the last second in which an alarm still counts,
 * critical), decoys (what must not be told), quiet spans (care, charging, maintenance, calls
 * as they come). Seconds since the start. `sha256`: of the stream, or "". */
void facility_truth(struct facility *facility, const char *sha256, struct buf *out);
void facility_sites(const struct facility *facility, struct buf *out);
uint32_t facility_n_acts(const struct facility *facility);
/* The first entry of the script that has no place here, or n_script. */
uint32_t facility_script_refused(const struct facility *facility);
/* Names of incidents and decoys: i from 0, NULL at the end. */
const char *facility_act_name(uint32_t i);

#endif
