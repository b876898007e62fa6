/*
 * api_map.c - the eldercare map: every site with its live state and what is registered of it,
 * as points and as GeoJSON; for the public without people and without what is nobody's
 * business. Coordinates leave in the CRS that is asked for (WGS-84 unless said otherwise).
 */
#include <math.h>
#include <string.h>

#include "api/api_private.h"
#include "io/geo_crs.h"

static void place_of(const struct site *site, const char *crs, double *lat, double *lon)
{
    bool is_gcj = strcmp(site->crs, "GCJ-02") == 0, want_gcj = strcmp(crs, "GCJ-02") == 0;
    *lat = site->lat;
    *lon = site->lon;
    if (is_gcj && !want_gcj)
        geo_gcj02_to_wgs84(lat, lon);
    else if (!is_gcj && want_gcj)
        geo_wgs84_to_gcj02(lat, lon);
}

/* What is registered, by these words. */
static void write_registered(const struct entry *entry, struct json_out *out)
{
    static const char *const field[] = {
        "operators", "street",      "community",  "address", "hours", "capacity", "services",
        "price_fen", "care_levels", "subsidised", "grade",   "beds",  NULL};
    for (size_t i = 0; field[i]; i++) {
        struct cw_str json = entry_json_of(entry, field[i]);
        if (json.n == 0)
            continue;
        json_key(out, field[i]);
        json_raw(out, json);
    }
    int64_t beds = entry_int(entry, "beds", -1), occupied = entry_int(entry, "occupied", -1);
    if (beds < 0 || occupied < 0)
        return;
    json_member_int(out, "free_beds", beds - occupied);
    json_member_time_opt(out, "free_beds_as_of", entry_time(entry, "occupied_at"));
}

static void write_properties(const struct fold *fold, const struct site *site, bool is_public,
                             struct json_out *out)
{
    const struct entry *entry = book_find(fold->book, &kind_sites, str_of(site->id));
    const struct entry *area = book_find(fold->book, &kind_areas, str_of(site->district));
    json_member_text(out, "site", str_of(site->id));
    json_member_text(out, "kind", str_of(site->kind_text));
    json_member_text(out, "district", str_of(site->district));
    if (area)
        json_member_opt(out, "district_name", entry_text(area, "name"));
    json_member_opt(out, "name", str_of(site->name));
    if (!is_public)
        json_member_text(out, "connection", str_of(connection_name(site->connection)));
    if (entry)
        write_registered(entry, out);
}

/* Homes are people's: the public map has none. */
static bool is_shown(const struct exchange *exchange, const struct site *site, bool is_public)
{
    const char *kind = parameter(exchange, "kind");
    size_t n = strlen(kind);
    if (isnan(site->lat) || (n > 0 && strncmp(site->kind_text, kind, n) != 0))
        return false;
    return is_public ? site->kind != SITE_HOME && site->kind != SITE_PROVIDER &&
                           site->kind != SITE_DISPATCH
                     : caller_may_see(&exchange->caller, site->id, site->district);
}

static void write_point(const struct exchange *exchange, const struct site *site,
                        bool is_public, struct json_out *out)
{
    const char *crs = parameter(exchange, "crs");
    double lat, lon;
    place_of(site, crs, &lat, &lon);
    json_object(out);
    write_properties(api_fold(exchange->api), site, is_public, out);
    json_member_real(out, "lat", lat);
    json_member_real(out, "lon", lon);
    json_member_text(out, "crs", str_of(crs[0] ? crs : "WGS-84"));
    json_object_end(out);
}

static void list_points(struct exchange *exchange, bool is_public)
{
    const struct registry *registry = &api_fold(exchange->api)->registry;
    struct json_out out;
    api_list_begin(exchange->api, &out);
    for (uint32_t i = 0; i < registry->n_sites; i++)
        if (is_shown(exchange, registry->site[i], is_public))
            write_point(exchange, registry->site[i], is_public, &out);
    api_list_end(exchange, &out, NULL);
}

void handle_map_points(struct exchange *exchange)
{
    list_points(exchange, false);
}

void handle_public_map(struct exchange *exchange)
{
    list_points(exchange, true);
}

/* The outline is nobody's secret: the public page draws it too. */
void handle_map_outline(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct map_section *map = &api->daemon->config->map;
    if (map->outline_text)
        api_answer(api, exchange->request->id, 200, "Cache-Control: no-cache\r\n",
                   (struct cw_str){map->outline_text, map->outline_n});
    else
        api_answer(api, exchange->request->id, 204, NULL, CW_STR(""));
}

static void write_feature(const struct exchange *exchange, const struct site *site,
                          struct json_out *out)
{
    double lat, lon;
    place_of(site, parameter(exchange, "crs"), &lat, &lon);
    json_object(out);
    json_member_text(out, "type", CW_STR("Feature"));
    json_key(out, "geometry");
    json_object(out);
    json_member_text(out, "type", CW_STR("Point"));
    json_key(out, "coordinates");
    json_array(out);
    json_real(out, lon);
    json_real(out, lat);
    json_array_end(out);
    json_object_end(out);
    json_key(out, "properties");
    json_object(out);
    write_properties(api_fold(exchange->api), site, false, out);
    json_object_end(out);
    json_object_end(out);
}

void handle_map_geojson(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct registry *registry = &api_fold(api)->registry;
    struct json_out out;
    buf_clear(&api->scratch);
    json_out_init(&out, &api->scratch);
    json_object(&out);
    json_member_text(&out, "type", CW_STR("FeatureCollection"));
    json_key(&out, "features");
    json_array(&out);
    for (uint32_t i = 0; i < registry->n_sites; i++)
        if (is_shown(exchange, registry->site[i], false))
            write_feature(exchange, registry->site[i], &out);
    json_array_end(&out);
    json_object_end(&out);
    if (api->scratch.full)
        api_problem(api, exchange->request->id, 500, NULL, "The answer is too large.");
    else
        api_answer(api, exchange->request->id, 200, NULL, buf_str(&api->scratch));
}
