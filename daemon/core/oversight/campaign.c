/*
 * campaign.c - special inspections in rounds: what is looked at, whom it concerns, and a draw
 * of the inspected and of their two inspectors that nobody can choose and anybody can check.
 *
 *   planned (pool of inspectors, how many) -- drawn --> DRAWN: an inspection for each -> CLOSED
 *
 * The seed is the draw's own place in the journal and the moment it arrived there, which the
 * daemon gives and no person. A candidate's lot is the hash of its id by the seed; the lowest
 * are drawn. So a replay draws the same, and `candidates_hash` says among whom.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "core/ingest/document.h"
#include "core/oversight/inspection.h"
#include "core/oversight/ledger.h"
#include "core/oversight/statute.h"

enum { PLANNED = 1, DRAWN, CLOSED };
static const char *const states[] = {"", "planned", "drawn", "closed", NULL};

#define MAX_DRAWN 500
static const struct entry_field fields[] = {
    {.name = "title", .type = FIELD_TEXT, .max = 256},
    {.name = "domain", .type = FIELD_CHOICE, .choices = INSPECTION_DOMAINS},
    {.name = "of", .type = FIELD_CHOICE, .choices = "organisation|site"},
    {.name = "types", .type = FIELD_TEXT, .max = 256},
    {.name = "district", .type = FIELD_ID},
    {.name = "count", .type = FIELD_INT, .min = 1, .max = MAX_DRAWN},
    {.name = "pool", .type = FIELD_IDS},
    {.name = "recused", .type = FIELD_PROOF, .max = 4096}, /* "INSPECTOR ID" each */
    {.name = "from", .type = FIELD_DATE},
    {.name = "until", .type = FIELD_DATE},
    {.name = "seed", .type = FIELD_TEXT, .max = 80},
    {.name = "candidates", .type = FIELD_INT, .min = 0, .max = 1e9},
    {.name = "candidates_hash", .type = FIELD_TEXT, .max = 32},
    {.name = "drawn", .type = FIELD_IDS},
    {.name = NULL},
};
const struct entry_kind kind_campaigns = {
    .name = "campaigns", .member = "campaign", .field = fields, .state = states};

/* ---- lots ---- */

struct lot {
    struct cw_str id;
    uint64_t number;
};

static int by_number(const void *a, const void *b)
{
    const struct lot *x = a, *y = b;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    int order = memcmp(x->id.p, y->id.p, x->id.n < y->id.n ? x->id.n : y->id.n);
    return order ? order : (x->id.n > y->id.n) - (x->id.n < y->id.n);
}

static void draw_lots(struct lot *lot, uint32_t n, struct cw_str seed)
{
    uint64_t key = hash64(seed, 1);
    for (uint32_t i = 0; i < n; i++)
        lot[i].number = hash64(lot[i].id, key);
    if (n > 0)
        qsort(lot, n, sizeof(*lot), by_number);
}

static bool is_candidate(const struct fold *fold, const struct entry *entry,
                         const struct entry *campaign)
{
    bool of_site = str_is(entry_text(campaign, "of"), "site");
    const struct entry_kind *kind = of_site ? &kind_sites : &kind_organisations;
    struct cw_str district = entry_text(campaign, "district"), types;
    struct cw_str status = entry_text(entry, "status");
    char words[260];
    types = entry_text(campaign, "types");
    (void)str_copy(words, sizeof(words), types);
    return entry->kind == kind && (status.n == 0 || str_is(status, "active")) &&
           statute_has(words, entry_text(entry, of_site ? "kind" : "type")) &&
           (district.n == 0 || str_eq(entry_district(fold, entry), district));
}

/* All of them, and in what order they stood by number of their entries: a hash of the ids. */
static struct lot *candidates_of(const struct fold *fold, const struct entry *campaign,
                                 uint32_t *n, char hash[HASH_ID_MAX])
{
    struct lot *lot = xcalloc(fold->book->n_entries + 1, sizeof(*lot));
    uint64_t sum = 0;
    *n = 0;
    for (uint32_t i = 0; i < fold->book->n_entries; i++) {
        const struct entry *entry = fold->book->entry[i];
        if (!entry || !is_candidate(fold, entry, campaign))
            continue;
        lot[(*n)++].id = str_of(entry->id);
        sum = hash64(str_of(entry->id), sum);
    }
    char text[20];
    int length = snprintf(text, sizeof(text), "%016llx", (unsigned long long)sum);
    hash_id((struct cw_str){text, (size_t)length}, hash);
    return lot;
}

/* ---- inspectors ---- */

static bool is_recused(const struct entry *campaign, struct cw_str inspector, struct cw_str id)
{
    struct cw_str rest = entry_json_of(campaign, "recused"), one, name;
    while (json_next_text(&rest, &one))
        if (str_split(&one, ' ', &name) && str_eq(name, inspector) && str_eq(one, id))
            return true;
    return false;
}

#define MAX_POOL 200
/* Two of the pool by lot; false when there are not two who may. */
static bool draw_inspectors(const struct entry *campaign, struct cw_str seed, struct cw_str id,
                            struct cw_str two[2])
{
    struct lot lot[MAX_POOL];
    struct cw_str rest = entry_json_of(campaign, "pool"), one;
    char own[256];
    uint32_t n = 0;
    while (n < MAX_POOL && json_next_text(&rest, &one))
        if (!is_recused(campaign, one, id))
            lot[n++].id = one;
    int length = snprintf(own, sizeof(own), "%.*s %.*s", (int)seed.n, seed.p, (int)id.n, id.p);
    draw_lots(lot, n, (struct cw_str){own, (size_t)length});
    for (int i = 0; i < 2 && n >= 2; i++)
        two[i] = lot[i].id;
    return n >= 2;
}

/* ---- steps ---- */

static enum cw_refusal planned(struct ledger_call *call)
{
    const char *pool = call->draft->value[field_index(call->draft->kind, "pool")];
    const char *count = call->draft->value[field_index(call->draft->kind, "count")];
    bool has_pool = list_count(pool          ? str_of(pool)
                               : call->entry ? entry_json_of(call->entry, "pool")
                                             : CW_STR("")) >= 2;
    if (has_pool && (count || call->entry))
        return CW_ACCEPTED;
    err_set(call->event->err, 0,
            "A campaign has a \"count\" to draw and a \"pool\" of two inspectors at least.");
    return CW_REFUSED_EVENT;
}

static enum cw_refusal drawn(struct ledger_call *call)
{
    const struct fold *fold = call->fold;
    char seed[80], hash[HASH_ID_MAX];
    uint32_t n = 0, n_drawn = (uint32_t)entry_int(call->entry, "count", 0);
    int length = snprintf(seed, sizeof(seed), "%u.%llu@%lld", fold->at.epoch,
                          (unsigned long long)fold->at.offset, (long long)fold->now_ns);
    struct lot *lot = candidates_of(fold, call->entry, &n, hash);
    struct cw_str two[2];
    struct buf list;
    enum cw_refusal refusal = CW_ACCEPTED;
    draw_lots(lot, n, (struct cw_str){seed, (size_t)length});
    n_drawn = n_drawn < n ? n_drawn : n;
    buf_init(&list, (MAX_ENTRY_ID + 4) * MAX_DRAWN);
    buf_add_char(&list, '[');
    for (uint32_t i = 0; i < n_drawn && !refusal; i++) {
        buf_printf(&list, "%s\"%.*s\"", i ? "," : "", (int)lot[i].id.n, lot[i].id.p);
        if (!draw_inspectors(call->entry, (struct cw_str){seed, (size_t)length}, lot[i].id,
                             two))
            refusal = CW_REFUSED_EVENT;
    }
    buf_add_char(&list, ']');
    if (n == 0 || refusal) {
        refusal = CW_REFUSED_EVENT;
        err_set(call->event->err, 0,
                n ? "For one of them there are no two inspectors that may."
                  : "There is nobody to draw from.");
    } else {
        draft_set_text(call->draft, "seed", (struct cw_str){seed, (size_t)length});
        draft_set_int(call->draft, "candidates", n);
        draft_set_text(call->draft, "candidates_hash", str_of(hash));
        draft_set(call->draft, "drawn", buf_str(&list));
    }
    buf_done(&list);
    free(lot);
    return refusal;
}

static void plan_one(struct fold *fold, const struct entry *campaign, struct cw_str id)
{
    static const char *const same[] = {"domain"};
    bool of_site = str_is(entry_text(campaign, "of"), "site");
    const struct entry *of =
        book_find(fold->book, of_site ? &kind_sites : &kind_organisations, id);
    struct entry_draft draft = {.kind = &kind_inspections, .state = INSPECTION_PLANNED};
    struct cw_str two[2], operators = of ? entry_json_of(of, "operators") : CW_STR(""),
                          org = id;
    char list[2 * MAX_ID + 8];
    if (snprintf(draft.id, sizeof(draft.id), "%s.%.*s", campaign->id, (int)id.n, id.p) >
            MAX_ENTRY_ID ||
        !draw_inspectors(campaign, entry_text(campaign, "seed"), id, two))
        return;
    (void)json_next_text(&operators, &org);
    (void)snprintf(list, sizeof(list), "[\"%.*s\",\"%.*s\"]", (int)two[0].n, two[0].p,
                   (int)two[1].n, two[1].p);
    draft_set_text(&draft, "org", org);
    if (of_site)
        draft_set_text(&draft, "site", id);
    draft_set_text(&draft, "campaign", str_of(campaign->id));
    draft_set(&draft, "inspectors", str_of(list));
    draft_set(&draft, "drawn", CW_STR("true"));
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        if (entry_json_of(campaign, same[i]).n)
            draft_set(&draft, same[i], entry_json_of(campaign, same[i]));
    if (draft_check(&draft, fold, NULL) == 0)
        (void)draft_apply(&draft, fold, "inspection.planned", str_of(campaign->by), CW_STR(""),
                          NULL);
    else
        fold->book->n_refused++;
    draft_done(&draft);
}

#define TOLD_PLANNED 2u /* its inspections are made */
static void changed(struct fold *fold, struct entry *entry)
{
    struct cw_str rest = entry_json_of(entry, "drawn"), id;
    if (entry->state != DRAWN || entry->told & TOLD_PLANNED)
        return;
    entry->told |= TOLD_PLANNED;
    while (json_next_text(&rest, &id))
        plan_one(fold, entry, id);
}

static const struct ledger_step steps[] = {
    {"campaign.planned", IS_NEW | IN(PLANNED), PLANNED, CLOCK_NONE, false, planned},
    {"campaign.drawn", IN(PLANNED), DRAWN, CLOCK_NONE, false, drawn},
    {"campaign.closed", IN(PLANNED) | IN(DRAWN), CLOSED, CLOCK_NONE, false, NULL},
    {.event = NULL},
};

const struct ledger ledger_campaigns = {
    .kind = &kind_campaigns, .step = steps, .over = IN(CLOSED), .changed = changed};
