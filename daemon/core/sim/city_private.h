/*
 * city_private.h - what the files of the simulated city share.
 */
#ifndef CORE_SIM_CITY_PRIVATE_H
#define CORE_SIM_CITY_PRIVATE_H

#include "core/sim/city.h"
#include "core/sim/draw.h"
#include "core/sim/heap.h"

#define NOBODY UINT32_MAX
#define SECOND_MS INT64_C(1000)
#define CLASS_MS (90 * SECOND_MS)
#define STATUS_EVERY_MS (30 * SECOND_MS)
#define FIRST_TELEMETRY_MS 500

/* What conf/demo.conf asks for; the truth's deadlines follow from it. */
#define SPO2_FOR_MS (15 * SECOND_MS)
#define FEVER_FOR_MS (60 * SECOND_MS)
#define VISIT_MISSED_MS (10 * SECOND_MS)

enum sim_site_kind { SIM_INSTITUTION, SIM_HOME, SIM_STATION };

enum sim_device_kind {
    DEVICE_GATEWAY,
    DEVICE_BED_MAT,
    DEVICE_WRISTBAND,
    DEVICE_ROOM,
    DEVICE_DOOR,
    DEVICE_SMOKE,
    DEVICE_BUTTON,
    DEVICE_PRESSURE,
    N_DEVICE_KINDS
};

enum channel {
    CHANNEL_ROSTER,
    CHANNEL_STATUS,
    CHANNEL_BODY,     /* bed mat: hr, resp */
    CHANNEL_IN_BED,   /* bed mat */
    CHANNEL_BAND,     /* wristband: hr, spo2, temp, fall */
    CHANNEL_ROOM,     /* room_temp, humidity, co2, motion */
    CHANNEL_DOOR,     /* door */
    CHANNEL_SMOKE,    /* smoke */
    CHANNEL_PRESSURE, /* sys, dia */
    CHANNEL_DEVICE,   /* battery, rssi */
    CHANNEL_VISIT,    /* three events a visit */
    CHANNEL_ACTIVITY,
    CHANNEL_INCIDENT, /* events of an incident */
    N_CHANNELS
};

struct sim_site {
    char id[24];
    enum sim_site_kind kind;
    uint32_t number;
    uint32_t first_device, n_devices;
    uint32_t first_incident; /* gateway losses; a list by next */
};

struct sim_device {
    char id[24], bed[16], resident[24]; /* bed and resident may be "" */
    enum sim_device_kind kind;
    uint32_t site;
    uint32_t stream[3]; /* its telemetry; NOBODY: none */
    uint32_t n_streams;
    uint32_t first_incident; /* a list by next */
    uint32_t busy_wave;      /* an incident of this wave (from 1) has it */
};

struct sim_stream {
    int64_t at_ms; /* of its next message, since the start */
    uint64_t tick;
    int64_t interval_ms, phase_ms;
    uint32_t site, device, incident;
    uint8_t channel, slot;
};

enum incident_kind {
    INCIDENT_VISIT_MISSED,
    INCIDENT_DESATURATION,
    INCIDENT_VISIT_HEALED, /* decoy */
    INCIDENT_SPO2_SPIKE,   /* decoy */
    INCIDENT_CALL_UNANSWERED,
    INCIDENT_FEVER,
    INCIDENT_GATEWAY_LOSS,
    INCIDENT_FALL,
    INCIDENT_DROPOUT,
    INCIDENT_CALL_ANSWERED,
    INCIDENT_SMOKE,
    N_INCIDENT_KINDS
};

/* Times since the start. */
struct sim_incident {
    enum incident_kind kind;
    uint32_t site, device;
    uint32_t number; /* counts all, also those left out */
    int64_t t0_ms, t1_ms, detectable_ms, deadline_ms;
    uint32_t next;
};

struct city {
    struct city_options options;
    struct sim_site *site;
    struct sim_device *device;
    struct sim_stream *stream;
    struct sim_incident *incident;
    uint32_t n_sites, n_devices, n_streams, n_incidents;
    uint32_t cap_devices, cap_streams, cap_incidents;
    uint32_t script_refused;
    struct sim_heap heap; /* numbers of streams */
    char topic[128];
    struct buf payload;
};

/* layout.c */
void layout_build(struct city *city);
uint32_t layout_add_stream(struct city *city, const struct sim_stream *stream);
const char *device_kind_name(enum sim_device_kind kind);
const char *site_kind_text(enum sim_site_kind kind);
int64_t device_class_ms(const struct city *city, const struct sim_device *device);
void layout_roster(struct city *city, const struct sim_site *site);
/* Micro-degrees around the middle of Chengdu. */
void layout_place(const struct city *city, const struct sim_site *site, int64_t *lat_e6,
                  int64_t *lon_e6);

/* city.c: when a stream's tick falls; strictly increasing over the ticks of a device. */
int64_t stream_time(const struct city *city, const struct sim_stream *stream, uint64_t tick);
/* The first tick at or behind at_ms. */
uint64_t stream_tick_from(const struct city *city, const struct sim_stream *stream,
                          int64_t at_ms);
struct draw_key stream_key(const struct city *city, uint32_t site, uint32_t device,
                           uint32_t channel);

/* physiology.c: writes the payload of a telemetry stream's tick; its measurement. */
const char *telemetry_payload(struct city *city, const struct sim_stream *stream, uint64_t tick,
                              int64_t at_ms);
int64_t band_spo2(const struct city *city, const struct sim_stream *stream, uint64_t tick,
                  int64_t at_ms);

/* incident.c */
void incidents_build(struct city *city);
/* The incident of that kind that the device is in at that time, or NULL. */
const struct sim_incident *incident_at(const struct city *city, const struct sim_device *device,
                                       enum incident_kind kind, int64_t at_ms);
/* The stream says nothing at that time. */
bool incident_silences(const struct city *city, const struct sim_stream *stream, int64_t at_ms);

/* visits.c: a visit is three ticks: planned, check-in, check-out. */
int64_t visit_time(const struct city *city, const struct sim_stream *stream, uint64_t tick);
void visit_payload(struct city *city, const struct sim_stream *stream, uint64_t tick);
void activity_payload(struct city *city, const struct sim_stream *stream, uint64_t tick,
                      int64_t at_ms);

/* incident_event.c: what an incident says by itself; INT64_MAX: no more. */
int64_t incident_event_time(const struct city *city, const struct sim_incident *incident,
                            uint64_t tick);
enum city_kind incident_payload(struct city *city, const struct sim_incident *incident,
                                uint64_t tick);

/* A visit in the middle of its telling; times since the start. */
enum visit_part { VISIT_IS_PLANNED, VISIT_CHECKIN, VISIT_CHECKOUT, N_VISIT_PARTS };
struct sim_visit {
    char id[48];
    int64_t planned_ms, start_ms, end_ms, checkin_ms, checkout_ms; /* as devices say */
};
void visit_event(struct city *city, const struct sim_site *site, const struct sim_visit *visit,
                 enum visit_part part);
long long since_epoch_ms(const struct city *city, int64_t at_ms);

#endif
