/*
 * context.c - see context.h.
 */
#include "core/series/context.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/units.h"
#include "core/ingest/document.h"
#include "core/series/gate.h"
#include "core/view/snapshot.h"

#define MINUTE_NS (60 * NS_PER_S)
#define HOUR_NS (60 * MINUTE_NS)
#define MAX_FACTS_OF_PLACE 16u

/* Events that begin something, what ends it, the member that says until when, the member
 * whose zero says that it is over, and how long it lasts at most when nothing says so. */
static const struct kind {
    const char *begin, *end[3], *until, *count;
    int64_t lasts_ns;
} kinds[] = {
    {"resident.away", {"resident.back", "resident.admitted"}, "expected", NULL, 24 * HOUR_NS},
    {"resident.discharged", {"resident.admitted"}, NULL, NULL, 31 * 24 * HOUR_NS},
    {"staff.present", {NULL}, NULL, "count", 30 * MINUTE_NS},
    {"maintenance.begin", {"maintenance.end"}, "until", NULL, 24 * HOUR_NS},
    {"visit.checkin", {"visit.checkout"}, NULL, NULL, 4 * HOUR_NS},
    {"call.pressed", {"call.answered", "call.cancelled"}, NULL, NULL, HOUR_NS},
    {"call.answered", {NULL}, NULL, NULL, 30 * MINUTE_NS},
    {"patrol.done", {NULL}, NULL, NULL, 15 * MINUTE_NS},
};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const struct kind *kind_of(struct cw_str type)
{
    for (size_t i = 0; i < N_KINDS; i++) {
        if (str_is(type, kinds[i].begin))
            return &kinds[i];
    }
    return NULL;
}

bool context_event_known(struct cw_str type)
{
    return kind_of(type);
}

/* ---- facts of a place ---- */

static bool same_term(const struct term *a, const struct term *b)
{
    bool same_value = !(a->value < b->value) && !(a->value > b->value);
    return a->kind == b->kind && same_value && strcmp(a->name, b->name) == 0;
}

static struct fact **find(struct keyed *place, const struct term *term)
{
    struct fact **link = &place->fact;
    while (*link && !same_term(&(*link)->term, term))
        link = &(*link)->next;
    return link;
}

const struct fact *context_fact(const struct keyed *place, const struct term *term,
                                int64_t now_ns)
{
    const struct fact *fact = place->fact;
    while (fact && !same_term(&fact->term, term))
        fact = fact->next;
    return fact && now_ns < fact->until_ns ? fact : NULL;
}

static void begin(struct fold *fold, struct keyed *place, const struct term *term,
                  int64_t until_ns)
{
    struct fact **link = find(place, term);
    uint32_t n = 0;
    for (const struct fact *fact = place->fact; fact; fact = fact->next)
        n++;
    if (!*link && n == MAX_FACTS_OF_PLACE) {
        fold->counters.n_contexts_refused++;
        return;
    }
    if (!*link)
        *link = xcalloc(1, sizeof(**link));
    (*link)->term = *term;
    (*link)->since_ns = fold->now_ns;
    (*link)->until_ns = until_ns;
    gate_arm(fold, gate_end_ns(fold, *link, fold->now_ns));
}

static void end(struct fold *fold, struct keyed *place, const struct term *term)
{
    struct fact **link = find(place, term);
    struct fact *fact = *link;
    if (!fact)
        return;
    bool held = fold->now_ns < fact->until_ns;
    *link = fact->next;
    free(fact);
    if (held)
        gate_released(fold, place, term);
}

void context_expire(struct keyed *place, int64_t now_ns)
{
    for (struct fact **link = &place->fact; *link;) {
        struct fact *fact = *link;
        if (fact->until_ns > now_ns) {
            link = &fact->next;
            continue;
        }
        *link = fact->next;
        free(fact);
    }
}

void context_free(struct keyed *place)
{
    context_expire(place, INT64_MAX);
}

/* ---- metrics ---- */

/* The terms of rules that name it, in the order of the rules. */
static const struct term *next_term(const struct ruleset *rules, uint32_t *rule, uint32_t *i,
                                    struct cw_str name, bool is_event)
{
    for (; *rule < rules->n_rules; (*rule)++, *i = 0) {
        const struct rule *r = &rules->rule[*rule];
        while (*i < r->n_unless) {
            const struct term *term = &r->unless[(*i)++];
            if (term_is_event(term) == is_event && str_is(name, term->name))
                return term;
        }
    }
    return NULL;
}

bool context_metric_named(const struct ruleset *rules, struct cw_str metric)
{
    uint32_t rule = 0, i = 0;
    return next_term(rules, &rule, &i, metric, false);
}

void context_mark_metrics(struct fold *fold)
{
    struct metric *metric;
    for (uint32_t i = 0; (metric = map_next(&fold->series->metrics.by_name, &i, NULL));)
        metric->is_context = context_metric_named(fold->rules, metric->name);
}

void context_sample(struct fold *fold, const struct observed *observed, struct cw_str metric)
{
    struct keyed *place =
        watch_place_made(fold, observed->site, observed->device, CW_STR(""), CW_STR(""));
    const struct term *term;
    for (uint32_t rule = 0, i = 0; (term = next_term(fold->rules, &rule, &i, metric, false));) {
        if (term_holds(term, observed->sample.value, observed->sample.value))
            begin(fold, place, term, fold->now_ns + CONTEXT_METRIC_LASTS_NS);
        else
            end(fold, place, term);
    }
}

/* ---- events ---- */

static bool ends(const struct kind *kind, struct cw_str type)
{
    for (size_t i = 0; i < 3 && kind->end[i]; i++) {
        if (str_is(type, kind->end[i]))
            return true;
    }
    return false;
}

static int64_t until_of(const struct fold *fold, const struct kind *kind,
                        const struct cw_doc *doc)
{
    const struct cw_node *root = document_object(doc);
    int64_t until_ns;
    if (kind->until && document_time(doc, root, kind->until, &until_ns, NULL) == 0)
        return until_ns;
    return fold->now_ns + kind->lasts_ns;
}

static bool is_zero(const struct kind *kind, const struct cw_doc *doc)
{
    int64_t count;
    return kind->count &&
           document_int(doc, document_object(doc), kind->count, &count, NULL) == 0 &&
           count == 0;
}

/* What the event says of one place. */
static void at_place(struct fold *fold, struct keyed *place, struct cw_str type,
                     const struct cw_doc *doc)
{
    for (size_t i = 0; i < N_KINDS; i++) {
        const struct kind *kind = &kinds[i];
        uint32_t rule = 0, k = 0;
        bool begins = str_is(type, kind->begin);
        if (!begins && !ends(kind, type))
            continue;
        const struct term *term = next_term(fold->rules, &rule, &k, str_of(kind->begin), true);
        if (!term)
            continue;
        int64_t until_ns = until_of(fold, kind, doc);
        if (begins && !is_zero(kind, doc) && until_ns > fold->now_ns)
            begin(fold, place, term, until_ns);
        else
            end(fold, place, term);
    }
}

static struct cw_str member(const struct cw_doc *doc, const char *key)
{
    struct cw_str id;
    return document_id(doc, document_object(doc), key, &id, NULL) ? CW_STR("") : id;
}

/* Whether a rule asks for what this event begins or ends. */
static bool is_asked(const struct ruleset *rules, struct cw_str type)
{
    for (size_t i = 0; i < N_KINDS; i++) {
        uint32_t rule = 0, k = 0;
        if ((str_is(type, kinds[i].begin) || ends(&kinds[i], type)) &&
            next_term(rules, &rule, &k, str_of(kinds[i].begin), true))
            return true;
    }
    return false;
}

void context_event(struct fold *fold, const struct observed *observed, const struct cw_doc *doc)
{
    struct cw_str type = member(doc, "type"), about = member(doc, "device");
    struct cw_str resident = member(doc, "resident"), bed = member(doc, "bed");
    struct device *device = observed->device;
    if (!is_asked(fold->rules, type))
        return;
    if (about.n) {
        struct device *named =
            registry_device(&fold->registry, str_of(observed->site->id), about);
        device = named ? named : device;
    }
    at_place(fold, watch_place_made(fold, observed->site, device, resident, bed), type, doc);
    bool of_somebody = resident.n || bed.n || about.n || device->resident[0] || device->bed[0];
    if (!of_somebody)
        at_place(fold, watch_place_of_site_made(fold, observed->site), type, doc);
}

/* ---- snapshot ---- */

void context_save(const struct fold *fold, struct saver *saver)
{
    const struct map *places = &fold->series->watches->keyed;
    const struct keyed *place;
    save_i64(saver, fold->series->watches->gates_ns);
    save_i64(saver, fold->series->watches->gate_timer.armed_ns);
    for (uint32_t i = 0; (place = map_next(places, &i, NULL));) {
        for (const struct fact *fact = place->fact; fact; fact = fact->next) {
            save_u8(saver, 1);
            save_u32(saver, place->site);
            save_str(saver, str_of(place->key));
            save_u32(saver, fact->term.kind);
            save_str(saver, str_of(fact->term.name));
            save_f64(saver, fact->term.value);
            save_i64(saver, fact->since_ns);
            save_i64(saver, fact->until_ns);
        }
    }
    save_u8(saver, 0);
}

void context_load(struct fold *fold, struct loader *loader)
{
    fold->series->watches->gates_ns = load_i64(loader);
    int64_t armed_ns = load_i64(loader);
    if (armed_ns)
        gate_arm(fold, armed_ns);
    while (load_u8(loader) && !loader->failed) {
        uint32_t site = load_u32(loader);
        struct cw_str key = load_str(loader);
        struct fact *fact = xcalloc(1, sizeof(*fact));
        fact->term.kind = load_u32(loader);
        load_field(loader, fact->term.name, sizeof(fact->term.name));
        fact->term.value = load_f64(loader);
        fact->since_ns = load_i64(loader);
        fact->until_ns = load_i64(loader);
        loader->failed = loader->failed || site >= fold->registry.n_sites;
        if (loader->failed) {
            free(fact);
            return;
        }
        struct keyed *place = watch_place_saved(fold, fold->registry.site[site], key);
        struct fact **link = &place->fact;
        while (*link)
            link = &(*link)->next;
        *link = fact;
    }
}
