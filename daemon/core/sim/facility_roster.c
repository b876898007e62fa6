/*
 * facility_roster.c - what exists: wards, beds, their devices; the roster and the truth.
 */
#include <stdio.h>
#include <string.h>

#include "base/json_out.h"
#include "base/str.h"
#include "core/sim/facility_private.h"

static const struct {
    uint8_t channel;
    const char *prefix, *kind, *class;
} devices[] = {
    {CH_MAT, "bed", "bed_mat", "5m"},       {CH_BAND, "band", "wristband", "5m"},
    {CH_ROOM, "room", "room_sensor", "5m"}, {CH_DOOR, "door", "door", "3d"},
    {CH_ROUND, "obs", "observation", "3d"}, {CH_CALL, "call", "call_button", "3d"},
};

#define N_DEVICES (sizeof(devices) / sizeof(devices[0]))

const char *device_of(const struct facility *facility, uint8_t channel, uint32_t ward,
                      uint32_t bed, char dst[24])
{
    (void)ward;
    if (channel == CH_EXIT)
        return "exit-1";
    for (size_t i = 0; i < N_DEVICES && bed != NOBODY; i++) {
        if (devices[i].channel != channel)
            continue;
        snprintf(dst, 24, "%s-%u", devices[i].prefix, facility->bed[bed].number);
        return dst;
    }
    return "gw";
}

static void roster_device(struct json_out *out, const char *id, const char *kind,
                          const struct bed *bed, const char *class)
{
    json_object(out);
    json_member_text(out, "device", str_of(id));
    json_member_text(out, "kind", str_of(kind));
    if (bed) {
        json_member_text(out, "bed", str_of(bed->name));
        json_member_text(out, "resident", str_of(bed->resident));
    }
    json_member_text(out, "class", str_of(class));
    json_object_end(out);
}

void facility_roster(struct facility *facility, uint32_t w)
{
    const struct ward *ward = &facility->ward[w];
    struct json_out out;
    char id[24];

    json_out_init(&out, &facility->payload);
    json_object(&out);
    json_key(&out, "site");
    json_object(&out);
    json_member_text(&out, "site", str_of(ward->id));
    json_object_end(&out);
    json_key(&out, "devices");
    json_array(&out);
    roster_device(&out, "gw", "gateway", NULL, "90s");
    roster_device(&out, "exit-1", "exit_door", NULL, "30d");
    for (uint32_t b = ward->first_bed; b < ward->first_bed + ward->n_beds; b++) {
        for (size_t i = 0; i < N_DEVICES; i++) {
            if (devices[i].channel == CH_BAND && !facility->bed[b].has_band)
                continue;
            roster_device(&out, device_of(facility, devices[i].channel, w, b, id),
                          devices[i].kind, &facility->bed[b], devices[i].class);
        }
    }
    json_array_end(&out);
    json_key(&out, "residents");
    json_array(&out);
    for (uint32_t b = ward->first_bed; b < ward->first_bed + ward->n_beds; b++) {
        json_object(&out);
        json_member_text(&out, "resident", str_of(facility->bed[b].resident));
        json_member_text(&out, "care_level", CW_STR("care"));
        json_member_int(&out, "spo2_scale", facility->bed[b].copd ? 2 : 1);
        json_object_end(&out);
    }
    json_array_end(&out);
    json_object_end(&out);
}

void facility_sites(const struct facility *facility, struct buf *out)
{
    buf_add_text(out, "sites = (\n");
    for (uint32_t w = 0; w < facility->n_wards; w++)
        buf_printf(out, "  { site = \"%s\"; kind = \"institution\"; }%s\n",
                   facility->ward[w].id, w + 1 < facility->n_wards ? "," : "");
    buf_add_text(out, ");\n");
}
