/*
 * registry.c - the tables of sites and devices: birth, lookup, kinds, and forgetting.
 *
 * Sites are few and never forgotten. Devices are in three places that change together: the
 * map by name, the array by number (owners of timers) and the list of their site, in order
 * of birth, by which everything that must be deterministic walks.
 */
#include "core/registry/registry.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/key.h"
#include "base/mem.h"
#include "base/num.h"
#include "core/fold.h"
#include "core/ingest/document.h"
#include "core/registry/registry_private.h"
#include "core/service/site_quiet.h"

void registry_init(struct registry *registry)
{
    *registry = (struct registry){0};
    map_init(&registry->by_id);
    map_init(&registry->by_device);
    map_init(&registry->unknown);
}

void site_free(struct site *site)
{
    void *activity;
    for (uint32_t i = 0; (activity = map_next(&site->activity, &i, NULL));)
        free(activity);
    map_done(&site->activity);
    free(site->name);
    free(site->sibling);
    free(site);
}

void registry_done(struct registry *registry)
{
    for (uint32_t i = 0; i < registry->n_devices; i++)
        device_free(registry->device[i]);
    for (uint32_t i = 0; i < registry->n_sites; i++)
        site_free(registry->site[i]);
    free(registry->device);
    free(registry->site);
    free(registry->free_number);
    map_done(&registry->by_id);
    map_done(&registry->by_device);
    map_done(&registry->unknown);
    *registry = (struct registry){0};
}

/* ---- sites ---- */

struct site *registry_site(const struct registry *registry, struct cw_str id)
{
    return map_get(&registry->by_id, id);
}

enum site_kind site_kind_of(struct cw_str text)
{
    static const struct {
        const char *text;
        enum site_kind kind;
    } table[] = {
        {"provider", SITE_PROVIDER},
        {"institution", SITE_INSTITUTION},
        {"nursing_home", SITE_INSTITUTION},
        {"day_care", SITE_INSTITUTION},
        {"home", SITE_HOME},
        {"station", SITE_STATION},
        {"base", SITE_BASE},
        {"organisation", SITE_ORGANISATION},
        {"dispatch", SITE_DISPATCH},
        {"department", SITE_DEPARTMENT},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (str_is(text, table[i].text))
            return table[i].kind;
    return str_starts(text, "station.") && id_valid(text) ? SITE_STATION : (enum site_kind)0;
}

struct site *site_new(struct registry *registry, struct cw_str id)
{
    struct site *site = xcalloc(1, sizeof(*site));
    site->number = registry->n_sites;
    (void)str_copy(site->id, sizeof(site->id), id); /* callers check id_valid() */
    (void)str_copy(site->kind_text, sizeof(site->kind_text), CW_STR("provider"));
    site->kind = SITE_PROVIDER;
    site->connection = CONNECTION_UNKNOWN;
    site->lat = site->lon = (double)NAN;
    map_init(&site->activity);
    registry->site = xrealloc(registry->site, (registry->n_sites + 1) * sizeof(struct site *));
    registry->site[registry->n_sites++] = site;
    map_put(&registry->by_id, id, site);
    return site;
}

static size_t unknown_subject(struct cw_str id, char *dst, size_t cap)
{
    return (size_t)snprintf(dst, cap, "site:%.*s", (int)id.n, id.p);
}

/* One alarm per unknown site, and as many as there may be sites: the topic is an outsider's. */
static void tell_unknown_site(struct fold *fold, struct cw_str id)
{
    struct registry *registry = &fold->registry;
    if (map_get(&registry->unknown, id) ||
        map_count(&registry->unknown) >= (uint64_t)fold->rules->settings.max_sites)
        return;
    map_put(&registry->unknown, id, registry);
    char subject[MAX_ALARM_SUBJECT];
    size_t n = unknown_subject(id, subject, sizeof(subject));
    struct alarm_desc desc = {.rule = ruleset_builtin(fold->rules, CONDITION_UNKNOWN_SITE),
                              .subject = {subject, n},
                              .site = id,
                              .value = (double)NAN,
                              .limit = (double)NAN};
    alarm_raise(fold, &desc);
}

static void site_known(struct fold *fold, struct cw_str id)
{
    if (!map_remove(&fold->registry.unknown, id))
        return;
    char subject[MAX_ALARM_SUBJECT];
    size_t n = unknown_subject(id, subject, sizeof(subject));
    alarm_clear_key(fold, ruleset_builtin(fold->rules, CONDITION_UNKNOWN_SITE),
                    (struct cw_str){subject, n});
}

static bool sites_full(const struct fold *fold)
{
    return fold->registry.n_sites >= fold->rules->settings.max_sites;
}

static struct site *site_born(struct fold *fold, struct cw_str id)
{
    struct site *site = site_new(&fold->registry, id);
    site->supervised_from_ns = fold->now_ns;
    (void)str_copy(site->district, sizeof(site->district),
                   str_of(fold->rules->settings.default_district));
    site_known(fold, id);
    return site;
}

enum cw_refusal registry_meet_site(struct fold *fold, struct cw_str id, struct site **site)
{
    *site = registry_site(&fold->registry, id);
    if (*site)
        return CW_ACCEPTED;
    if (!fold->rules->settings.register_unknown_sites) {
        tell_unknown_site(fold, id);
        return CW_REFUSED_UNKNOWN_SITE;
    }
    if (sites_full(fold))
        return CW_REFUSED_LIMIT;
    *site = site_born(fold, id);
    return CW_ACCEPTED;
}

void registry_configure(struct fold *fold)
{
    fold->registry.generation++;
    for (uint32_t i = 0; i < fold->registry.n_sites; i++)
        site_surplus(fold, fold->registry.site[i], 0); /* the limit may be another */
    for (uint32_t i = 0; i < fold->rules->n_sites; i++) {
        const struct configured_site *wanted = &fold->rules->site[i];
        struct cw_str id = str_of(wanted->site);
        struct site *site = registry_site(&fold->registry, id);
        if (!id_valid(id) || (!site && sites_full(fold)))
            continue; /* the configuration is checked against both when it is read */
        if (!site)
            site = site_born(fold, id);
        if (site->by_record)
            continue;
        enum site_kind kind = site_kind_of(str_of(wanted->kind));
        if (kind) {
            site->kind = kind;
            (void)str_copy(site->kind_text, sizeof(site->kind_text), str_of(wanted->kind));
        }
        if (wanted->district && *wanted->district)
            (void)str_copy(site->district, sizeof(site->district), str_of(wanted->district));
        free(site->name);
        site->name = wanted->name && *wanted->name ? xstrdup(wanted->name) : NULL;
        site->lat = wanted->lat;
        site->lon = wanted->lon;
        (void)str_copy(site->crs, sizeof(site->crs), CW_STR("WGS-84"));
        site_quiet_look(fold, site);
    }
}

/* What a registry record says; members that are absent stay as they were. */
struct site_record {
    struct cw_str site, kind, district, name, crs;
    double lat, lon;
};

static int read_site_record(const struct cw_doc *doc, struct site_record *record,
                            struct cw_error *err)
{
    const struct cw_node *root = document_object(doc);
    if (!root)
        return err_set(err, -EINVAL, "A registry record must be an object.");
    int code = document_id(doc, root, "site", &record->site, err);
    if (code == -ENOENT)
        return err_set(err, -EINVAL, "A registry record must name its \"site\".");
    if (code == 0)
        code = document_id(doc, root, "kind", &record->kind, err);
    if (code == 0 && !site_kind_of(record->kind))
        return err_set(err, -EINVAL, "There is no kind of site called \"%.*s\".",
                       (int)record->kind.n, record->kind.p);
    if (code != -EINVAL)
        code = document_id(doc, root, "district", &record->district, err);
    if (code != -EINVAL)
        code = document_text(doc, root, "name", &record->name, err);
    if (code != -EINVAL)
        code = document_id(doc, root, "crs", &record->crs, err);
    if (code != -EINVAL)
        code = read_place(doc, root, &record->lat, &record->lon, err);
    return code == -EINVAL ? -EINVAL : 0;
}

/* A number; a spreadsheet has it as text, and an empty cell is none. */
static int read_degrees(const struct cw_doc *doc, const struct cw_node *object, const char *key,
                        double *value, struct cw_error *err)
{
    struct cw_str text;
    if (document_text(doc, object, key, &text, NULL))
        return document_real(doc, object, key, value, err);
    if (text.n == 0)
        return -ENOENT;
    return num_parse_f64(text, value) == 0
               ? 0
               : err_set(err, -EINVAL, "The member \"%s\" must be a number.", key);
}

int read_place(const struct cw_doc *doc, const struct cw_node *object, double *lat, double *lon,
               struct cw_error *err)
{
    double at[2] = {(double)NAN, (double)NAN};
    int found[2] = {read_degrees(doc, object, "lat", &at[0], err),
                    read_degrees(doc, object, "lon", &at[1], err)};
    if (found[0] == -EINVAL || found[1] == -EINVAL)
        return -EINVAL;
    if (found[0] == -ENOENT && found[1] == -ENOENT)
        return -ENOENT;
    if (found[0] || found[1] || !(fabs(at[0]) <= 90) || !(fabs(at[1]) <= 180))
        return err_set(err, -EINVAL, "A place needs \"lat\" within 90 and \"lon\" within 180.");
    *lat = at[0];
    *lon = at[1];
    return 0;
}

#define MAX_SITE_NAME 128

static int check_site_record(const struct fold *fold, const struct cw_doc *doc,
                             struct site_record *record, struct cw_error *err)
{
    *record = (struct site_record){.lat = (double)NAN, .lon = (double)NAN};
    int code = read_site_record(doc, record, err);
    if (code)
        return code;
    if (record->crs.n >= sizeof(((struct site *)NULL)->crs))
        return err_set(err, -EINVAL, "The member \"crs\" is too long.");
    if (!registry_site(&fold->registry, record->site) && sites_full(fold))
        return err_set(err, -EINVAL, "There are %u sites already: limits.sites is reached.",
                       fold->registry.n_sites);
    return 0;
}

int registry_check(const struct fold *fold, const struct cw_doc *doc, struct cw_error *err)
{
    struct site_record record;
    return check_site_record(fold, doc, &record, err);
}

int registry_apply(struct fold *fold, const struct cw_doc *doc, struct cw_error *err)
{
    struct site_record record;
    int code = check_site_record(fold, doc, &record, err);
    if (code)
        return code;
    struct site *site = registry_site(&fold->registry, record.site);
    if (!site)
        site = site_born(fold, record.site);
    site->by_record = true;
    if (record.kind.n) {
        site->kind = site_kind_of(record.kind);
        (void)str_copy(site->kind_text, sizeof(site->kind_text), record.kind);
    }
    if (record.district.n) {
        (void)str_copy(site->district, sizeof(site->district), record.district);
        fold->registry.generation++;
    }
    if (record.name.n) {
        free(site->name);
        site->name = xstrndup(record.name.p, utf8_cut(record.name, MAX_SITE_NAME));
    }
    if (!isnan(record.lat)) {
        site->lat = record.lat;
        site->lon = record.lon;
        (void)str_copy(site->crs, sizeof(site->crs),
                       record.crs.n ? record.crs : CW_STR("WGS-84"));
    }
    site_quiet_look(fold, site);
    return 0;
}

/* ---- devices ---- */

size_t device_subject(const struct site *site, const struct device *device,
                      char dst[MAX_DEVICE_SUBJECT])
{
    struct cw_str id = {device->id, device->n_id};
    return key_join(dst, MAX_DEVICE_SUBJECT, str_of(site->id), '/', id).n;
}

struct device *registry_device(const struct registry *registry, struct cw_str site,
                               struct cw_str device)
{
    char key[MAX_DEVICE_SUBJECT];
    if (site.n > MAX_ID || device.n > MAX_ID)
        return NULL;
    memcpy(key, site.p, site.n);
    key[site.n] = '/';
    memcpy(key + site.n + 1, device.p, device.n);
    return map_get(&registry->by_device, (struct cw_str){key, site.n + 1 + device.n});
}

struct device *registry_numbered(const struct registry *registry, uint32_t number_1)
{
    return number_1 && number_1 <= registry->n_devices ? registry->device[number_1 - 1] : NULL;
}

void registry_expect_device(const struct device *device)
{
    for (size_t at = 0; at < sizeof(*device) + 16; at += 64) /* its id is behind it */
        __builtin_prefetch((const char *)device + at);
}

void registry_expect_site(const struct registry *registry, const struct device *device)
{
    const struct site *site = registry->site[device->site];
    __builtin_prefetch(site->id);
    __builtin_prefetch(&site->heard_ns);
    __builtin_prefetch(&site->n_lapses);
}

static uint32_t next_number(struct registry *registry)
{
    if (registry->n_free > 0)
        return registry->free_number[--registry->n_free];
    registry->device =
        xrealloc(registry->device, (registry->n_devices + 1) * sizeof(struct device *));
    registry->device[registry->n_devices] = NULL;
    return registry->n_devices++;
}

void device_link(struct registry *registry, struct site *site, struct device *device)
{
    registry->device[device->number] = device;
    device->site = site->number;
    if (site->last_device)
        site->last_device->next_of_site = device;
    else
        site->first_device = device;
    site->last_device = device;
    char key[MAX_DEVICE_SUBJECT];
    size_t n = device_subject(site, device, key);
    map_put(&registry->by_device, (struct cw_str){key, n}, device);
}

/* Most devices are known by their id alone: 65 bytes for each word would be most of them. */
struct device *device_new(struct cw_str id)
{
    struct device *device = xcalloc(1, sizeof(*device) + id.n + 1);
    char *text = (char *)(device + 1);
    memcpy(text, id.p, id.n);
    device->id = text;
    device->n_id = (uint8_t)id.n;
    device->kind = device->bed = device->resident = device->room = "";
    return device;
}

void device_free(struct device *device)
{
    if (device)
        free(device->words);
    free(device);
}

static const char *put_word(char **at, struct cw_str word)
{
    char *begin = *at;
    if (word.n)
        memcpy(begin, word.p, word.n);
    begin[word.n] = '\0';
    *at += word.n + 1;
    return begin;
}

void device_describe(struct device *device, const struct device_words *words)
{
    char *before = device->words;
    size_t n = words->kind.n + words->bed.n + words->resident.n + words->room.n;
    if (n == 0) {
        device->words = NULL;
        device->kind = device->bed = device->resident = device->room = "";
    } else {
        char *at = xmalloc(n + 4);
        device->words = at;
        device->kind = put_word(&at, words->kind);
        device->bed = put_word(&at, words->bed);
        device->resident = put_word(&at, words->resident);
        device->room = put_word(&at, words->room);
    }
    free(before); /* the new words may have been among the old */
}

struct device *device_born(struct fold *fold, struct site *site, struct cw_str id)
{
    struct device *device = device_new(id);
    device->number = next_number(&fold->registry);
    device->connection = CONNECTION_UNKNOWN;
    device->class_ns = fold->rules->settings.default_class_ns;
    device->supervised_from_ns = fold->now_ns;
    device->last_seq = -1;
    device_link(&fold->registry, site, device);
    return device;
}

enum cw_refusal registry_meet_device(struct fold *fold, struct site *site, struct cw_str id,
                                     struct device **device)
{
    const struct settings *settings = &fold->rules->settings;
    *device = registry_device(&fold->registry, str_of(site->id), id);
    if (*device)
        return CW_ACCEPTED;
    if (map_count(&fold->registry.by_device) >= (uint64_t)settings->max_devices ||
        site->n_surplus >= 2 * (uint64_t)settings->max_unrostered_per_site)
        return CW_REFUSED_LIMIT;
    *device = device_born(fold, site, id);
    site->n_devices++;
    site_surplus(fold, site, 1);
    return CW_ACCEPTED;
}

bool device_supervised(const struct device *device)
{
    return !device->retired && (device->rostered || device->class_said);
}

bool device_sends_data(const struct device *device)
{
    static const char *const on_use[] = {
        "call_button", "pull_cord",    "pendant", "smoke",    "gas",    "leak",
        "door",        "pir",          "pillbox", "geofence", "bp",     "oximeter",
        "thermometer", "camera_event", "glucose", "scale",    "gateway"};
    if (device->is_gateway)
        return false;
    for (size_t i = 0; i < sizeof(on_use) / sizeof(on_use[0]); i++)
        if (strcmp(device->kind, on_use[i]) == 0)
            return false;
    return *device->kind || device->data_ns > 0;
}

void device_connect(struct registry *registry, struct device *device, uint32_t connection)
{
    struct site *site = registry->site[device->site];
    bool was_silent = device->connection == CONNECTION_SILENT;
    bool is_silent = connection == CONNECTION_SILENT;
    device->connection = connection;
    if (was_silent == is_silent)
        return;
    uint32_t change = is_silent ? 1 : UINT32_MAX;
    if (device->rostered)
        site->n_silent += change;
    if (device->is_gateway && device_supervised(device))
        site->n_gateways_silent += change;
}

static void smallest(int64_t *class_ns, int64_t candidate_ns)
{
    if (*class_ns == 0 || candidate_ns < *class_ns)
        *class_ns = candidate_ns;
}

void site_survey(struct site *site)
{
    site->class_ns = site->field_class_ns = site->data_class_ns = 0;
    site->n_devices = site->n_rostered = site->n_silent = site->n_field = site->n_data = 0;
    site->n_gateways = site->n_gateways_silent = 0;
    for (struct device *device = site->first_device; device; device = device->next_of_site) {
        site->n_devices += !device->retired;
        site->n_rostered += device->rostered;
        site->n_silent += device->rostered && device->connection == CONNECTION_SILENT;
        if (!device_supervised(device))
            continue;
        smallest(&site->class_ns, device->class_ns);
        if (device->is_gateway) {
            site->n_gateways++;
            site->n_gateways_silent += device->connection == CONNECTION_SILENT;
            continue;
        }
        site->n_field++;
        smallest(&site->field_class_ns, device->class_ns);
        if (!device_sends_data(device))
            continue;
        site->n_data++;
        smallest(&site->data_class_ns, device->class_ns);
    }
}

/* ---- surplus ---- */

void site_surplus(struct fold *fold, struct site *site, int change)
{
    uint64_t max = (uint64_t)fold->rules->settings.max_unrostered_per_site;
    bool was_crowded = site->crowded;
    site->n_surplus = (uint32_t)((int64_t)site->n_surplus + change);
    site->crowded = site->n_surplus > max;
    fold->registry.n_crowded += (uint32_t)site->crowded - (uint32_t)was_crowded;
}

void device_forget(struct fold *fold, struct site *site, struct device *device)
{
    struct registry *registry = &fold->registry;
    if (registry->forget)
        registry->forget(fold, device);
    struct device *before = NULL;
    for (struct device *it = site->first_device; it != device; it = it->next_of_site)
        before = it;
    if (before)
        before->next_of_site = device->next_of_site;
    else
        site->first_device = device->next_of_site;
    if (site->last_device == device)
        site->last_device = before;
    char key[MAX_DEVICE_SUBJECT];
    size_t n = device_subject(site, device, key);
    map_remove(&registry->by_device, (struct cw_str){key, n});
    registry->device[device->number] = NULL;
    registry->free_number = xrealloc(registry->free_number,
                                     (registry->n_free + 1) * sizeof(*registry->free_number));
    registry->free_number[registry->n_free++] = device->number;
    device_free(device);
    site_surplus(fold, site, -1);
}

/* By when it was heard, then the older one. */
static struct device *least_recent(const struct site *site)
{
    struct device *best = NULL;
    for (struct device *it = site->first_device; it; it = it->next_of_site) {
        if (it->rostered)
            continue;
        if (!best || it->heard_ns < best->heard_ns)
            best = it;
    }
    return best;
}

void registry_housekeeping(struct fold *fold)
{
    struct registry *registry = &fold->registry;
    for (uint32_t i = 0; i < registry->n_sites && registry->n_crowded > 0; i++) {
        struct site *site = registry->site[i];
        if (!site->crowded)
            continue;
        for (; site->crowded; registry->n_forgotten++)
            device_forget(fold, site, least_recent(site));
        site_survey(site);
    }
}

const char *connection_name(uint32_t connection)
{
    static const char *const name[] = {
        [CONNECTION_UNKNOWN] = "unknown",
        [CONNECTION_ONLINE] = "online",
        [CONNECTION_ALIVE_NO_DATA] = "alive_no_data",
        [CONNECTION_SILENT] = "silent",
        [CONNECTION_RETIRED] = "retired",
        [CONNECTION_CLOCK_FAULT] = "clock_fault",
    };
    if (connection < CONNECTION_UNKNOWN || connection > CONNECTION_CLOCK_FAULT)
        return "unknown";
    return name[connection];
}
