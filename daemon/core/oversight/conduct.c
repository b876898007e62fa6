/*
 * conduct.c - what the daemon itself saw of how an institution is run: patrols of the night,
 * staff beside residents, sensors of smoke and gas that are silent. Once a day, in the morning,
 * what falls short of the configured rule is proposed as a finding; a person accepts it or
 * dismisses it, with the evidence beside it.
 *
 * Alarms, how many and how fast answered, are not looked at: who reports trouble is never worse
 * off for it. A site that we did not hear, or while we were deaf, is not judged at all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/json_find.h"
#include "base/mem.h"
#include "base/units.h"
#include "base/zone.h"
#include "core/alarm/schedule.h"
#include "core/ingest/document.h"
#include "core/oversight/inspection.h"
#include "core/rules.h"

#define MORNING_S (8 * 3600)
#define DAY_S 86400
#define MAX_NUMBERS 1024u

static const struct entry_field fields[] = {
    {.name = "patrols", .type = FIELD_INT, .min = 0, .max = 1e6},
    {.name = "poor_nights", .type = FIELD_INT, .min = 0, .max = 1e6},
    {.name = "carers", .type = FIELD_INT, .min = 0, .max = 1e6},
    {.name = "on_duty", .type = FIELD_NUMBERS, .min = 0, .max = 1e6},
    {.name = "on_duty_ms", .type = FIELD_NUMBERS, .min = 0, .max = 1e15},
    {.name = NULL},
};
const struct entry_kind kind_conduct = {.name = "conduct", .member = "site", .field = fields};

static const struct oversight_settings *settings_of(const struct fold *fold)
{
    return &fold->rules->settings.oversight;
}

static bool is_on(const struct oversight_settings *s)
{
    return s->night_patrols > 0 || s->residents_per_carer > 0 || s->fire_silent_ns > 0;
}

/* Counted, not told: it is no change of the registry. */
static void keep_json(struct entry *entry, const char *field, struct cw_str json)
{
    int i = field_index(entry->kind, field);
    free(entry->value[i]);
    entry->value[i] = xstrndup(json.p, json.n);
}

static void keep(struct entry *entry, const char *field, int64_t value)
{
    char text[32];
    int n = snprintf(text, sizeof(text), "%lld", (long long)value);
    keep_json(entry, field, (struct cw_str){text, (size_t)n});
}

static void arm(struct fold *fold, struct entry *conduct)
{
    int64_t day = local_day(fold->rules, fold->now_ns);
    int64_t spread_s = (int64_t)(hash64(str_of(conduct->id), 1) % 3600);
    int64_t at_ns = end_of_day_ns(fold->rules, day - 1) + (MORNING_S + spread_s) * NS_PER_S;
    if (at_ns <= fold->now_ns)
        at_ns = end_of_day_ns(fold->rules, day) + (MORNING_S + spread_s) * NS_PER_S;
    timer_arm(&fold->timers, &conduct->timer, TIMER_ENTRY, conduct->number, at_ns);
}

static struct entry *conduct_of(struct fold *fold, const char *site)
{
    struct entry *conduct = book_find(fold->book, &kind_conduct, str_of(site));
    struct entry_draft draft = {.kind = &kind_conduct};
    if (conduct)
        return conduct;
    (void)str_copy(draft.id, sizeof(draft.id), str_of(site));
    if (draft_check(&draft, fold, NULL) == 0) {
        conduct = draft_apply(&draft, fold, "observed", CW_STR(""), CW_STR(""), NULL);
        arm(fold, conduct);
    }
    draft_done(&draft);
    return conduct;
}

void conduct_look(struct fold *fold, struct entry *registration)
{
    if (registration->kind == &kind_sites && is_on(settings_of(fold)) &&
        str_is(entry_text(registration, "kind"), "institution"))
        (void)conduct_of(fold, registration->id);
}

static bool is_night(const struct fold *fold, int64_t at_ns)
{
    const struct schedule *night = ruleset_schedule(fold->rules, CW_STR("night"));
    return !night || schedule_covers(night, &fold->rules->zone, at_ns);
}

static void keep_number(struct entry *conduct, const char *field, const char *role,
                        int64_t value)
{
    struct buf numbers;
    buf_init(&numbers, MAX_NUMBERS);
    numbers_set(entry_json_of(conduct, field), str_of(role), value, &numbers);
    if (!numbers.full)
        keep_json(conduct, field, buf_str(&numbers));
    buf_done(&numbers);
}

/* The role as the registry knows it; what nobody has a word for is one of the others. */
static const char *role_of(struct cw_str role)
{
    static const char *const roles[] = {"carer",      "nurse",   "doctor", "social_worker",
                                        "supervisor", "on_duty", "driver", "cook",
                                        "volunteer",  NULL};
    for (size_t i = 0; roles[i]; i++)
        if (str_is(role, roles[i]))
            return roles[i];
    return "other";
}

/* How many of a role are there. A badge beside a bed or in a room says that somebody is with
 * that resident, not how many are in the house; what was held up replaces nothing newer. */
static void count_staff(struct fold *fold, struct entry *conduct, const struct cw_doc *doc,
                        int64_t at_ns)
{
    static const char *const beside[] = {"bed", "resident", "room", NULL};
    const struct cw_node *root = document_object(doc);
    struct cw_str text = CW_STR("");
    int64_t count = 0, known_ms = 0;
    for (size_t i = 0; beside[i]; i++)
        if (document_text(doc, root, beside[i], &text, NULL) == 0)
            return;
    if (document_text(doc, root, "role", &text, NULL) ||
        document_int(doc, root, "count", &count, NULL))
        return;
    const char *role = role_of(text);
    int64_t at_ms = (at_ns < fold->now_ns ? at_ns : fold->now_ns) / NS_PER_MS;
    (void)json_find_int(entry_json_of(conduct, "on_duty_ms"), role, &known_ms);
    if (at_ms < known_ms)
        return;
    keep_number(conduct, "on_duty", role, count);
    keep_number(conduct, "on_duty_ms", role, at_ms);
    if (strcmp(role, "carer") == 0)
        keep(conduct, "carers", count);
}

void conduct_happened(struct fold *fold, const struct site *site, const char *type,
                      const struct cw_doc *doc, int64_t at_ns)
{
    bool is_patrol = strcmp(type, "patrol.done") == 0,
         is_staff = strcmp(type, "staff.present") == 0;
    if (site->kind != SITE_INSTITUTION || (!is_patrol && !is_staff))
        return;
    struct entry *conduct = conduct_of(fold, site->id);
    if (conduct && is_patrol && is_night(fold, at_ns))
        keep(conduct, "patrols", entry_int(conduct, "patrols", 0) + 1);
    if (conduct && is_staff)
        count_staff(fold, conduct, doc, at_ns);
}

/* ---- as it is now ---- */

/* So many carers are needed for who lives there; 0: no rule, or nobody knows how many do. */
static int64_t carers_needed(const struct fold *fold, const char *site)
{
    const struct entry *registration = book_find(fold->book, &kind_sites, str_of(site));
    int64_t ratio = settings_of(fold)->residents_per_carer;
    int64_t residents = registration ? entry_int(registration, "occupied", 0) : 0;
    return ratio > 0 ? (residents + ratio - 1) / ratio : 0;
}

static void write_numbers(struct json_out *out, const char *key, const struct entry *conduct)
{
    struct cw_str json = conduct ? entry_json_of(conduct, key) : CW_STR("");
    json_key(out, key);
    json_raw(out, json.n ? json : CW_STR("{}"));
}

void conduct_json(const struct fold *fold, const struct site *site, struct json_out *out)
{
    const struct oversight_settings *s = settings_of(fold);
    const struct entry *conduct = book_find(fold->book, &kind_conduct, str_of(site->id));
    int64_t needed = carers_needed(fold, site->id);
    json_object(out);
    json_member_text(out, "site", str_of(site->id));
    write_numbers(out, "on_duty", conduct);
    write_numbers(out, "on_duty_ms", conduct);
    json_key(out, "needed");
    json_object(out);
    if (needed > 0)
        json_member_int(out, "carer", needed);
    json_object_end(out);
    if (s->residents_per_carer > 0)
        json_member_int(out, "residents_per_carer", s->residents_per_carer);
    json_member_bool(out, "night", is_night(fold, fold->now_ns));
    json_member_int(out, "patrols", conduct ? entry_int(conduct, "patrols", 0) : 0);
    if (s->night_patrols > 0 && site->kind == SITE_INSTITUTION) {
        json_member_int(out, "patrols_needed", s->night_patrols);
        json_member_int(out, "poor_nights", conduct ? entry_int(conduct, "poor_nights", 0) : 0);
    }
    json_object_end(out);
}

/* ---- proposing ---- */

struct shortcoming {
    const char *what, *domain, *clause;
};
static const struct shortcoming patrols = {"patrols", "safety", "GB 38600-2019 ch. 7"};
static const struct shortcoming staffing = {"staffing", "quality", "GB 38600-2019 ch. 7"};
static const struct shortcoming sensors = {"fire_sensors", "safety", "GB 38600-2019 ch. 6"};

/* One a month of each: what was dismissed is not proposed again the next morning. */
static void propose(struct fold *fold, const struct site *site, const struct shortcoming *seen,
                    const char *text)
{
    struct entry_draft draft = {.kind = &kind_inspections, .state = INSPECTION_PROPOSED};
    const struct entry *registration = book_find(fold->book, &kind_sites, str_of(site->id));
    struct cw_str rest = registration ? entry_json_of(registration, "operators") : CW_STR("");
    struct cw_str org = str_of(site->id);
    int year, month, day;
    instant_date(local_day(fold->rules, fold->now_ns), &year, &month, &day);
    if (snprintf(draft.id, sizeof(draft.id), "%s.%s.%04d-%02d", site->id, seen->what, year,
                 month) > MAX_ENTRY_ID ||
        book_find(fold->book, &kind_inspections, str_of(draft.id)))
        return;
    (void)json_next_text(&rest, &org);
    draft_set_text(&draft, "org", org);
    draft_set_text(&draft, "site", str_of(site->id));
    draft_set_text(&draft, "domain", str_of(seen->domain));
    draft_set_text(&draft, "clause", str_of(seen->clause));
    draft_set_text(&draft, "evidence", str_of(text));
    if (draft_check(&draft, fold, NULL) == 0)
        (void)draft_apply(&draft, fold, "inspection.proposed", CW_STR(""), CW_STR(""), NULL);
    draft_done(&draft);
}

static void judge_patrols(struct fold *fold, const struct site *site, struct entry *conduct)
{
    const struct oversight_settings *s = settings_of(fold);
    int64_t n = entry_int(conduct, "patrols", 0), poor = entry_int(conduct, "poor_nights", 0);
    char text[160];
    if (s->night_patrols <= 0)
        return;
    poor = n < s->night_patrols ? poor + 1 : 0;
    keep(conduct, "patrols", 0);
    keep(conduct, "poor_nights", poor);
    if (poor < s->patrol_nights)
        return;
    (void)snprintf(text, sizeof(text),
                   "%lld nights in a row with fewer than %lld patrols, the last with %lld",
                   (long long)poor, (long long)s->night_patrols, (long long)n);
    propose(fold, site, &patrols, text);
}

static void judge_staffing(struct fold *fold, const struct site *site,
                           const struct entry *conduct)
{
    const struct entry *registration = book_find(fold->book, &kind_sites, str_of(site->id));
    int64_t ratio = settings_of(fold)->residents_per_carer;
    int64_t carers = entry_int(conduct, "carers", -1);
    int64_t residents = registration ? entry_int(registration, "occupied", -1) : -1;
    char text[160];
    if (ratio <= 0 || carers < 0 || residents <= carers * ratio)
        return;
    (void)snprintf(text, sizeof(text), "%lld carers present for %lld residents, one for %lld",
                   (long long)carers, (long long)residents, (long long)ratio);
    propose(fold, site, &staffing, text);
}

static void judge_sensors(struct fold *fold, const struct site *site)
{
    int64_t silent_ns = settings_of(fold)->fire_silent_ns;
    struct buf text;
    uint32_t n = 0;
    if (silent_ns <= 0)
        return;
    buf_init(&text, 900);
    for (const struct device *d = site->first_device; d; d = d->next_of_site) {
        bool is_fire = strcmp(d->kind, "smoke") == 0 || strcmp(d->kind, "gas") == 0;
        if (!is_fire || d->retired || !d->rostered || d->connection != CONNECTION_SILENT ||
            !d->lapsed_ns || fold->now_ns - d->lapsed_ns < silent_ns)
            continue;
        buf_printf(&text, "%s%s", n ? ", " : "silent: ", d->id);
        n++;
    }
    if (n > 0)
        propose(fold, site, &sensors, text.full ? "many sensors are silent" : buf_text(&text));
    buf_done(&text);
}

void conduct_due(struct fold *fold, struct entry *conduct)
{
    const struct site *site = registry_site(&fold->registry, str_of(conduct->id));
    bool is_heard = is_on(settings_of(fold)) && site && !fold->registry.deaf &&
                    site->connection != CONNECTION_SILENT &&
                    fold->now_ns - site->heard_ns < DAY_S * NS_PER_S;
    if (is_heard) {
        judge_patrols(fold, site, conduct);
        judge_staffing(fold, site, conduct);
        judge_sensors(fold, site);
    } else {
        keep(conduct, "patrols", 0);
        keep(conduct, "poor_nights", 0);
    }
    arm(fold, conduct);
}
