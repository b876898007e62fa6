/*
 * registry_json.c - sites and devices as the API shows them. Pseudonyms only.
 */
#include <math.h>

#include "base/str.h"
#include "base/units.h"
#include "core/registry/registry.h"

static void member_class(struct json_out *out, int64_t class_ns)
{
    char text[DURATION_MAX];
    if (class_ns > 0)
        json_member_text(out, "class", (struct cw_str){text, duration_format(class_ns, text)});
}

void device_members_json(const struct device *device, struct json_out *out)
{
    json_member_text(out, "device", str_of(device->id));
    json_member_opt(out, "kind", str_of(device->kind));
    json_member_opt(out, "bed", str_of(device->bed));
    json_member_opt(out, "resident", str_of(device->resident));
    json_member_opt(out, "room", str_of(device->room));
    json_member_text(out, "connection", str_of(connection_name(device->connection)));
    json_member_bool(out, "rostered", device->rostered);
}

void device_json(const struct device *device, struct json_out *out)
{
    json_object(out);
    device_members_json(device, out);
    if (device->is_gateway)
        json_member_bool(out, "gateway", true);
    member_class(out, device->class_ns);
    json_member_time_opt(out, "heard_at", device->heard_ns);
    json_member_time_opt(out, "data_at", device->data_ns);
    json_member_time_opt(out, "lapsed_at", device->lapsed_ns);
    json_object_end(out);
}

static void held_json(const struct site *site, struct json_out *out)
{
    static const char *const name[] = {"service", "training", "publicity"};
    json_key(out, "held");
    json_object(out);
    for (size_t i = 0; i < N_ACTIVITY_CATEGORIES; i++) {
        json_key(out, name[i]);
        json_object(out);
        json_member_int(out, "sessions", (int64_t)site->held[i].n_sessions);
        json_member_int(out, "persons", (int64_t)site->held[i].n_persons);
        json_object_end(out);
    }
    json_object_end(out);
}

void site_json(const struct registry *registry, const struct site *site, bool full,
               struct json_out *out)
{
    (void)registry;
    json_object(out);
    json_member_text(out, "site", str_of(site->id));
    json_member_text(out, "kind", str_of(site->kind_text));
    json_member_text(out, "district", str_of(site->district));
    json_member_opt(out, "name", str_of(site->name));
    if (!isnan(site->lat) && !isnan(site->lon)) {
        json_member_real(out, "lat", site->lat);
        json_member_real(out, "lon", site->lon);
        json_member_text(out, "crs", str_of(site->crs));
    }
    json_member_text(out, "connection", str_of(connection_name(site->connection)));
    json_member_time_opt(out, "heard_at", site->heard_ns);
    member_class(out, site->class_ns);
    json_member_int(out, "n_devices", site->n_devices);
    json_member_int(out, "n_rostered", site->n_rostered);
    json_member_int(out, "n_silent", site->n_silent);
    json_member_int(out, "n_residents", site->n_residents);
    held_json(site, out);
    if (full) {
        json_key(out, "devices");
        json_array(out);
        for (const struct device *it = site->first_device; it; it = it->next_of_site)
            device_json(it, out);
        json_array_end(out);
    }
    json_object_end(out);
}
