/*
 * incident.c - finding the incident of an alarm by the most personal key they share.
 */
#include "core/alarm/incident.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/alarm/alarm_private.h"
#include "core/alarm/note.h"
#include "core/fold.h"
#include "core/view/snapshot.h"

#define LEAST_BYTES 64u

void incident_set_init(struct incident_set *set)
{
    map_init(&set->by_id);
    map_init(&set->by_key);
}

void incident_set_done(struct incident_set *set)
{
    struct incident *incident;
    for (uint32_t i = 0; (incident = map_next(&set->by_id, &i, NULL));)
        free(incident);
    map_done(&set->by_id);
    map_done(&set->by_key);
}

struct incident *incident_find(const struct incident_set *set, struct cw_str id)
{
    return map_get(&set->by_id, id);
}

/* ---- keys ---- */

/* "SITE kind NAME": resident, bed, device; "SITE t": the site's technical trouble. */
static uint32_t keys_of(const struct alarm *alarm,
                        char key[MAX_INCIDENT_KEYS][MAX_INCIDENT_KEY])
{
    const struct {
        char kind;
        const char *name;
    } part[] = {{'r', alarm->resident}, {'b', alarm->bed}, {'d', alarm->device}};
    uint32_t n = 0;
    memset(key, 0, MAX_INCIDENT_KEYS * MAX_INCIDENT_KEY);
    if (!alarm->site[0])
        return 0; /* the daemon's own: each by itself */
    for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
        if (part[i].name[0])
            (void)snprintf(key[n++], MAX_INCIDENT_KEY, "%s %c %s", alarm->site, part[i].kind,
                           part[i].name);
    }
    if (alarm->category == CATEGORY_TECHNICAL && !alarm->vital)
        (void)snprintf(key[n++], MAX_INCIDENT_KEY, "%s t", alarm->site);
    return n;
}

static bool is_site_key(const char *key)
{
    const char *space = strchr(key, ' ');
    return space && strcmp(space, " t") == 0; /* ids have no spaces */
}

static void put_keys(struct incident_set *set, struct incident *incident)
{
    for (size_t i = 0; i < MAX_INCIDENT_KEYS; i++) {
        if (incident->key[i][0])
            (void)map_put(&set->by_key, str_of(incident->key[i]), incident);
    }
}

static void drop_keys(struct incident_set *set, const struct incident *incident)
{
    for (size_t i = 0; i < MAX_INCIDENT_KEYS; i++) {
        struct cw_str key = str_of(incident->key[i]);
        if (key.n && map_get(&set->by_key, key) == incident)
            (void)map_remove(&set->by_key, key);
    }
}

/* ---- joining ---- */

static bool is_call(const struct fold *fold, const struct alarm *alarm)
{
    const struct rule *rule = ruleset_find(fold->rules, str_of(alarm->rule));
    return (rule && rule->is_call) || strcmp(alarm->kind, "call") == 0;
}

static bool may_join(const struct fold *fold, const struct incident *incident, const char *key,
                     bool call)
{
    const struct settings *settings = &fold->rules->settings;
    int64_t window_ns = call               ? settings->call_window_ns
                        : is_site_key(key) ? settings->site_window_ns
                                           : settings->incident_window_ns;
    return window_ns > 0 && fold->now_ns - incident->last_ns <= window_ns &&
           (incident->n_open > 0 || call);
}

static struct incident *find_joinable(const struct fold *fold, const struct alarm *alarm,
                                      char key[MAX_INCIDENT_KEYS][MAX_INCIDENT_KEY],
                                      uint32_t n_keys)
{
    bool call = is_call(fold, alarm);
    for (uint32_t i = 0; i < n_keys; i++) {
        struct incident *incident = map_get(&fold->alarms.incidents.by_key, str_of(key[i]));
        if (incident && may_join(fold, incident, key[i], call))
            return incident;
    }
    return NULL;
}

static struct incident *incident_new(struct incident_set *set, const struct alarm *alarm)
{
    struct incident *incident = xcalloc(1, sizeof(*incident));
    memcpy(incident->id, alarm->id, sizeof(incident->id));
    memcpy(incident->site, alarm->site, sizeof(incident->site));
    memcpy(incident->district, alarm->district, sizeof(incident->district));
    incident->opened_ns = incident->last_ns = alarm->raised_ns;
    incident->priority = alarm->priority;
    (void)map_put(&set->by_id, str_of(incident->id), incident);
    return incident;
}

static void link_in(struct incident *incident, struct alarm *alarm)
{
    alarm->next_of_incident = NULL;
    if (incident->last)
        incident->last->next_of_incident = alarm;
    else
        incident->first = alarm;
    incident->last = alarm;
}

static void unlink_from(struct incident *incident, const struct alarm *alarm)
{
    struct alarm *before = NULL;
    struct alarm **at = &incident->first;
    for (; *at && *at != alarm; at = &(*at)->next_of_incident)
        before = *at;
    if (*at)
        *at = alarm->next_of_incident;
    if (incident->last == alarm)
        incident->last = before;
}

static void count_in(struct incident *incident, struct alarm *alarm)
{
    memcpy(alarm->incident, incident->id, sizeof(alarm->incident));
    link_in(incident, alarm);
    incident->n_alarms++;
    incident->n_open += alarm->state != ALARM_CLOSED;
    incident->n_kept++;
    incident->count += alarm->count;
}

/* ---- folding ---- */

/* The most urgent that others may fold under; NO_LEAD: none. */
#define NO_LEAD (CW_PRIORITY_LOW + 1u)
static uint32_t lead_priority(const struct fold *fold, const struct incident *incident,
                              bool drill)
{
    uint32_t best = NO_LEAD;
    for (const struct alarm *a = incident->first; a; a = a->next_of_incident) {
        if (a->priority < best && alarm_stands(a) && a->told && !a->folded && !a->historical &&
            a->drill == drill && !quiet_mutes(fold, a))
            best = a->priority;
    }
    return best;
}

/* The most urgent of those that wait for somebody and are folded under nothing. */
static struct alarm *find_orphan(const struct fold *fold, const struct incident *incident,
                                 bool drill, uint32_t lead)
{
    struct alarm *best = NULL;
    for (struct alarm *a = incident->first; a; a = a->next_of_incident) {
        if (a->folded && a->active && a->state == ALARM_UNACK && a->drill == drill &&
            a->priority < lead && (!best || a->priority < best->priority) &&
            !quiet_mutes(fold, a))
            best = a;
    }
    return best;
}

void incident_left(struct fold *fold, const struct alarm *alarm)
{
    const struct incident *incident =
        incident_find(&fold->alarms.incidents, str_of(alarm->incident));
    struct alarm *orphan;
    if (!incident || incident->n_open == 0 || alarm->folded)
        return;
    while ((orphan = find_orphan(fold, incident, alarm->drill,
                                 lead_priority(fold, incident, alarm->drill)))) {
        orphan->folded = false;
        alarm_back(fold, orphan, CHANGE_UNSUPPRESSED, CW_STR(""),
                   str_of(note_text(NOTE_LEAD_OVER)));
    }
}

void incident_join(struct fold *fold, struct alarm *alarm)
{
    struct incident_set *set = &fold->alarms.incidents;
    char key[MAX_INCIDENT_KEYS][MAX_INCIDENT_KEY];
    uint32_t n_keys = keys_of(alarm, key);
    struct incident *incident =
        alarm->historical ? NULL : find_joinable(fold, alarm, key, n_keys);
    alarm->first_out = incident == NULL;
    if (incident) {
        alarm->folded = !alarm->vital && alarm->priority != CW_PRIORITY_HIGH &&
                        alarm->priority >= lead_priority(fold, incident, alarm->drill);
        if (alarm->priority < incident->priority)
            incident->priority = alarm->priority;
        incident->last_ns = fold->now_ns;
    } else {
        incident = incident_new(set, alarm);
        memcpy(incident->key, key, sizeof(key));
        if (!alarm->historical)
            put_keys(set, incident);
    }
    count_in(incident, alarm);
}

void incident_repeat(struct fold *fold, const struct alarm *alarm)
{
    struct incident *incident = incident_find(&fold->alarms.incidents, str_of(alarm->incident));
    if (!incident)
        return;
    incident->count++;
    incident->last_ns = fold->now_ns;
    if (alarm->priority < incident->priority)
        incident->priority = alarm->priority;
}

void incident_closed(struct fold *fold, const struct alarm *alarm)
{
    struct incident *incident = incident_find(&fold->alarms.incidents, str_of(alarm->incident));
    if (incident && incident->n_open > 0)
        incident->n_open--;
}

void incident_forget(struct incident_set *set, const struct alarm *alarm)
{
    struct incident *incident = incident_find(set, str_of(alarm->incident));
    if (!incident)
        return;
    unlink_from(incident, alarm);
    if (--incident->n_kept > 0)
        return;
    drop_keys(set, incident);
    (void)map_remove(&set->by_id, str_of(incident->id));
    free(incident);
}

/* ---- kept ---- */

void incident_adopt(struct alarm_set *alarms, struct alarm *alarm)
{
    struct incident *incident = incident_new(&alarms->incidents, alarm);
    alarm->first_out = true;
    incident->last_ns = alarm->begun_ns;
    (void)keys_of(alarm, incident->key);
    if (!alarm->historical)
        put_keys(&alarms->incidents, incident);
    count_in(incident, alarm);
}

void incident_set_save(const struct incident_set *set, struct saver *saver)
{
    const struct incident *incident;
    save_u32(saver, map_count(&set->by_id));
    for (uint32_t i = 0; (incident = map_next(&set->by_id, &i, NULL));) {
        save_str(saver, str_of(incident->id));
        save_str(saver, str_of(incident->site));
        save_str(saver, str_of(incident->district));
        for (size_t k = 0; k < MAX_INCIDENT_KEYS; k++) {
            bool is_ours = incident->key[k][0] &&
                           map_get(&set->by_key, str_of(incident->key[k])) == incident;
            save_str(saver, is_ours ? str_of(incident->key[k]) : CW_STR(""));
        }
        save_u32(saver, incident->n_alarms);
        save_u32(saver, incident->count);
        save_u32(saver, incident->priority);
        save_i64(saver, incident->opened_ns);
        save_i64(saver, incident->last_ns);
    }
}

static void load_one(struct incident_set *set, struct loader *loader)
{
    struct incident *incident = xcalloc(1, sizeof(*incident));
    load_field(loader, incident->id, sizeof(incident->id));
    load_field(loader, incident->site, sizeof(incident->site));
    load_field(loader, incident->district, sizeof(incident->district));
    for (size_t k = 0; k < MAX_INCIDENT_KEYS; k++)
        load_field(loader, incident->key[k], MAX_INCIDENT_KEY);
    incident->n_alarms = load_u32(loader);
    incident->count = load_u32(loader);
    incident->priority = load_u32(loader);
    incident->opened_ns = load_i64(loader);
    incident->last_ns = load_i64(loader);
    if (loader->failed || incident_find(set, str_of(incident->id))) {
        loader->failed = true;
        free(incident);
        return;
    }
    (void)map_put(&set->by_id, str_of(incident->id), incident);
    put_keys(set, incident);
}

void incident_set_load(struct alarm_set *alarms, struct loader *loader)
{
    struct incident_set *set = &alarms->incidents;
    struct incident *incident;
    struct alarm *alarm;
    uint32_t n = load_count(loader, LEAST_BYTES);
    for (uint32_t i = 0; i < n && !loader->failed; i++)
        load_one(set, loader);
    for (uint32_t i = 0; (alarm = map_next(&alarms->by_id, &i, NULL)) && !loader->failed;) {
        incident = incident_find(set, str_of(alarm->incident));
        if (!incident) {
            loader->failed = true;
            return;
        }
        link_in(incident, alarm);
        incident->n_kept++;
        incident->n_open += alarm->state != ALARM_CLOSED;
    }
    for (uint32_t i = 0; (incident = map_next(&set->by_id, &i, NULL));)
        loader->failed = loader->failed || incident->n_kept == 0;
}

void incident_json(const struct incident *incident, struct json_out *out)
{
    json_object(out);
    json_member_text(out, "id", str_of(incident->id));
    json_member_text(out, "site", str_of(incident->site));
    json_member_text(out, "district", str_of(incident->district));
    json_member_text(out, "priority", str_of(priority_name(incident->priority)));
    json_member_bool(out, "open", incident->n_open > 0);
    json_member_int(out, "alarms", incident->n_alarms);
    json_member_int(out, "open_alarms", incident->n_open);
    json_member_int(out, "count", incident->count);
    json_member_time(out, "opened_at", incident->opened_ns);
    json_member_time(out, "last_at", incident->last_ns);
    json_object_end(out);
}
