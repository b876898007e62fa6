/*
 * layout.c - who lives where: sites, their devices, and the streams of messages they make.
 *
 * Of five sites one is an institution, three are homes, one is a station. A rate that was
 * asked for is met by making all telemetry intervals longer or shorter by one factor.
 */
#include <stdio.h>
#include <string.h>

#include "base/json_out.h"
#include "base/mem.h"
#include "base/str.h"
#include "core/sim/city_private.h"

#define MIN_INTERVAL_MS 24

static const struct {
    const char *name;
    enum channel channel[3];
    uint32_t n_channels;
} device_kinds[N_DEVICE_KINDS] = {
    [DEVICE_GATEWAY] = {"gateway", {CHANNEL_STATUS}, 0},
    [DEVICE_BED_MAT] = {"bed_mat", {CHANNEL_BODY, CHANNEL_IN_BED}, 2},
    [DEVICE_WRISTBAND] = {"wristband", {CHANNEL_BAND, CHANNEL_DEVICE}, 2},
    [DEVICE_ROOM] = {"room_sensor", {CHANNEL_ROOM, CHANNEL_DEVICE}, 2},
    [DEVICE_DOOR] = {"door", {CHANNEL_DOOR}, 1},
    [DEVICE_SMOKE] = {"smoke", {CHANNEL_SMOKE}, 1},
    [DEVICE_BUTTON] = {"call_button", {CHANNEL_DEVICE}, 1},
    [DEVICE_PRESSURE] = {"bp", {CHANNEL_PRESSURE}, 1},
};

/* As the devices naturally are. */
static const int64_t natural_ms[N_CHANNELS] = {
    [CHANNEL_BODY] = 5 * SECOND_MS,       [CHANNEL_IN_BED] = 10 * SECOND_MS,
    [CHANNEL_BAND] = 5 * SECOND_MS,       [CHANNEL_ROOM] = 30 * SECOND_MS,
    [CHANNEL_DOOR] = 60 * SECOND_MS,      [CHANNEL_SMOKE] = 60 * SECOND_MS,
    [CHANNEL_PRESSURE] = 120 * SECOND_MS, [CHANNEL_DEVICE] = 60 * SECOND_MS,
};

const char *device_kind_name(enum sim_device_kind kind)
{
    return device_kinds[kind].name;
}

const char *site_kind_text(enum sim_site_kind kind)
{
    static const char *const text[] = {"institution", "home", "station.health"};

    return text[kind];
}

uint32_t layout_add_stream(struct city *city, const struct sim_stream *stream)
{
    if (city->n_streams == city->cap_streams) {
        city->cap_streams = city->cap_streams ? 2 * city->cap_streams : 256;
        city->stream = xrealloc(city->stream, city->cap_streams * sizeof(*city->stream));
    }
    city->stream[city->n_streams] = *stream;
    return city->n_streams++;
}

static struct sim_device *add_device(struct city *city, struct sim_site *site,
                                     enum sim_device_kind kind, const char *id)
{
    if (city->n_devices == city->cap_devices) {
        city->cap_devices = city->cap_devices ? 2 * city->cap_devices : 256;
        city->device = xrealloc(city->device, city->cap_devices * sizeof(*city->device));
    }
    struct sim_device *device = &city->device[city->n_devices++];
    *device = (struct sim_device){
        .kind = kind,
        .site = site->number,
        .first_incident = NOBODY,
        .n_streams = device_kinds[kind].n_channels,
    };
    (void)str_copy(device->id, sizeof(device->id), str_of(id));
    site->n_devices++;
    return device;
}

static void add_for_resident(struct city *city, struct sim_site *site,
                             enum sim_device_kind kind, const char *prefix, uint32_t bed)
{
    char id[24];

    snprintf(id, sizeof(id), "%s-%u", prefix, bed);
    struct sim_device *device = add_device(city, site, kind, id);
    snprintf(device->resident, sizeof(device->resident), "r-%u-%u", site->number + 1, bed);
    if (site->kind == SIM_INSTITUTION)
        snprintf(device->bed, sizeof(device->bed), "%u-%02u", (bed - 1) / 20 + 1,
                 (bed - 1) % 20 + 1);
}

static void add_numbered(struct city *city, struct sim_site *site, enum sim_device_kind kind,
                         const char *prefix, uint32_t n)
{
    char id[24];

    for (uint32_t i = 1; i <= n; i++) {
        snprintf(id, sizeof(id), "%s-%u", prefix, i);
        (void)add_device(city, site, kind, id);
    }
}

static void build_institution(struct city *city, struct sim_site *site)
{
    uint32_t n_beds = city->options.n_beds;

    for (uint32_t bed = 1; bed <= n_beds; bed++) {
        add_for_resident(city, site, DEVICE_BED_MAT, "bed", bed);
        if (bed % 2 == 1)
            add_for_resident(city, site, DEVICE_WRISTBAND, "band", bed);
        add_for_resident(city, site, DEVICE_BUTTON, "call", bed);
    }
    add_numbered(city, site, DEVICE_ROOM, "room", (n_beds + 1) / 2);
    add_numbered(city, site, DEVICE_SMOKE, "smoke", (n_beds + 7) / 8);
    add_numbered(city, site, DEVICE_DOOR, "door", 1);
    add_numbered(city, site, DEVICE_PRESSURE, "bp", 1);
}

static void build_home(struct city *city, struct sim_site *site)
{
    add_for_resident(city, site, DEVICE_WRISTBAND, "band", 1);
    add_for_resident(city, site, DEVICE_BUTTON, "call", 1);
    add_numbered(city, site, DEVICE_ROOM, "room", 1);
    add_numbered(city, site, DEVICE_SMOKE, "smoke", 1);
    add_numbered(city, site, DEVICE_DOOR, "door", 1);
}

static void build_site(struct city *city, uint32_t number)
{
    static const enum sim_site_kind pattern[] = {SIM_INSTITUTION, SIM_HOME, SIM_HOME,
                                                 SIM_STATION, SIM_HOME};
    static const char *const prefix[] = {"inst", "home", "station"};
    struct sim_site *site = &city->site[number];

    site->number = number;
    site->kind = pattern[number % 5];
    site->first_device = city->n_devices;
    site->first_incident = NOBODY;
    snprintf(site->id, sizeof(site->id), "%s-%03u", prefix[site->kind], number + 1);
    (void)add_device(city, site, DEVICE_GATEWAY, "gw");
    if (site->kind == SIM_INSTITUTION) {
        build_institution(city, site);
    } else if (site->kind == SIM_HOME) {
        build_home(city, site);
    } else {
        add_numbered(city, site, DEVICE_ROOM, "room", 2);
        add_numbered(city, site, DEVICE_DOOR, "door", 1);
        add_numbered(city, site, DEVICE_PRESSURE, "bp", 1);
    }
}

/* Messages in a thousand seconds when nothing is scaled. */
static uint64_t natural_rate(const struct city *city)
{
    uint64_t n = 0;

    for (uint32_t d = 0; d < city->n_devices; d++) {
        const struct sim_device *device = &city->device[d];
        for (uint32_t i = 0; i < device->n_streams; i++)
            n += 1000000 / (uint64_t)natural_ms[device_kinds[device->kind].channel[i]];
    }
    return n;
}

static int64_t scaled(int64_t interval_ms, uint64_t natural, uint64_t wanted)
{
    if (wanted)
        interval_ms = (int64_t)((uint64_t)interval_ms * natural / (1000 * wanted));
    return interval_ms > MIN_INTERVAL_MS ? interval_ms : MIN_INTERVAL_MS;
}

static void add_telemetry(struct city *city, uint32_t d, uint64_t natural)
{
    for (uint32_t i = 0; i < city->device[d].n_streams; i++) {
        enum channel channel = device_kinds[city->device[d].kind].channel[i];
        struct sim_stream stream = {
            .site = city->device[d].site,
            .device = d,
            .incident = NOBODY,
            .channel = (uint8_t)channel,
            .slot = (uint8_t)i,
            .interval_ms = scaled(natural_ms[channel], natural, city->options.rate),
        };
        struct draw_key key = stream_key(city, stream.site, d, channel);
        stream.phase_ms =
            FIRST_TELEMETRY_MS + draw_between(key, UINT64_MAX, 0, stream.interval_ms - 1);
        city->device[d].stream[i] = layout_add_stream(city, &stream);
    }
}

static void add_of_site(struct city *city, uint32_t s, enum channel channel,
                        int64_t interval_ms, int64_t phase_ms)
{
    struct sim_stream stream = {
        .site = s,
        .device = city->site[s].first_device, /* the gateway */
        .incident = NOBODY,
        .channel = (uint8_t)channel,
        .interval_ms = interval_ms,
        .phase_ms = phase_ms,
    };

    (void)layout_add_stream(city, &stream);
}

static void add_site_streams(struct city *city, uint32_t s)
{
    struct draw_key key = stream_key(city, s, 0, CHANNEL_VISIT);
    enum sim_site_kind kind = city->site[s].kind;

    add_of_site(city, s, CHANNEL_ROSTER, INT64_MAX, s % 200);
    add_of_site(city, s, CHANNEL_STATUS, STATUS_EVERY_MS, 200 + s % 200);
    if (kind != SIM_INSTITUTION)
        add_of_site(city, s, CHANNEL_VISIT, 150 * SECOND_MS,
                    draw_between(key, 0, 2 * SECOND_MS, 150 * SECOND_MS));
    if (kind == SIM_STATION)
        add_of_site(city, s, CHANNEL_ACTIVITY, 180 * SECOND_MS,
                    draw_between(key, 1, 2 * SECOND_MS, 180 * SECOND_MS));
}

void layout_build(struct city *city)
{
    city->n_sites = city->options.n_sites;
    city->site = xcalloc(city->n_sites, sizeof(*city->site));
    for (uint32_t s = 0; s < city->n_sites; s++)
        build_site(city, s);
    uint64_t natural = natural_rate(city);
    for (uint32_t d = 0; d < city->n_devices; d++)
        add_telemetry(city, d, natural);
    for (uint32_t s = 0; s < city->n_sites; s++)
        add_site_streams(city, s);
}

void layout_place(const struct city *city, const struct sim_site *site, int64_t *lat_e6,
                  int64_t *lon_e6)
{
    struct draw_key key = stream_key(city, site->number, 0, N_CHANNELS);

    *lat_e6 = 30660000 + draw_between(key, 0, -120000, 120000);
    *lon_e6 = 104063000 + draw_between(key, 1, -140000, 140000);
}

/* At least 90 s, and three intervals of the slowest channel. */
int64_t device_class_ms(const struct city *city, const struct sim_device *device)
{
    int64_t class_ms = CLASS_MS;

    for (uint32_t i = 0; i < device->n_streams; i++) {
        int64_t three = 3 * city->stream[device->stream[i]].interval_ms;
        if (three > class_ms)
            class_ms = three;
    }
    return class_ms;
}

static void roster_row(const struct city *city, const struct sim_device *device,
                       struct json_out *out)
{
    char class_text[32];

    snprintf(class_text, sizeof(class_text), "%llds",
             (long long)(device_class_ms(city, device) / SECOND_MS));
    json_object(out);
    json_member_text(out, "device", str_of(device->id));
    json_member_text(out, "kind", str_of(device_kind_name(device->kind)));
    json_member_opt(out, "bed", str_of(device->bed));
    json_member_opt(out, "resident", str_of(device->resident));
    json_member_text(out, "class", str_of(class_text));
    json_object_end(out);
}

static void roster_residents(const struct city *city, const struct sim_site *site,
                             struct json_out *out)
{
    json_key(out, "residents");
    json_array(out);
    for (uint32_t i = 0; i < site->n_devices; i++) {
        const struct sim_device *device = &city->device[site->first_device + i];
        if (device->kind != DEVICE_BUTTON) /* each resident has one */
            continue;
        json_object(out);
        json_member_text(out, "resident", str_of(device->resident));
        json_member_text(out, "care_level", CW_STR("care"));
        json_object_end(out);
    }
    json_array_end(out);
}

void layout_roster(struct city *city, const struct sim_site *site)
{
    struct json_out out;
    int64_t lat_e6, lon_e6;

    layout_place(city, site, &lat_e6, &lon_e6);
    json_out_init(&out, &city->payload);
    json_object(&out);
    json_key(&out, "site");
    json_object(&out);
    json_member_text(&out, "site", str_of(site->id));
    json_member_real(&out, "lat", (double)lat_e6 / 1e6);
    json_member_real(&out, "lon", (double)lon_e6 / 1e6);
    json_member_text(&out, "crs", CW_STR("WGS-84"));
    json_object_end(&out);
    json_key(&out, "devices");
    json_array(&out);
    for (uint32_t i = 0; i < site->n_devices; i++)
        roster_row(city, &city->device[site->first_device + i], &out);
    json_array_end(&out);
    roster_residents(city, site, &out);
    json_object_end(&out);
}
