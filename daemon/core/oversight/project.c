/*
 * project.c - bought services: contract, claims, acceptance, evaluation, payment; and what was
 * verified of them, which is counted from visits alone.
 *
 *   contract -> CONTRACTED -- accepted --> ACCEPTED -- payment of all --> SETTLED
 *                 milestone, claim, evaluated at any time; money only behind acceptance
 *
 * Who buys, who evaluates and who provides are three.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/civil.h"
#include "base/units.h"
#include "core/ingest/document.h"
#include "core/oversight/project_pace.h"
#include "core/service/service.h"

enum { CONTRACTED = 1, ACCEPTED, SETTLED };
static const char *const states[] = {"", "contracted", "accepted", "settled", NULL};

#define TOLD_OVER_CLAIM 2u
#define TOLD_UNDER_DELIVERY 4u
#define TOLD_OVER_CLAIM_AHEAD 8u
#define FEN_MAX 1e15
#define MAX_MAP_BYTES 16384u

static void write_more(const struct fold *fold, const struct entry *entry,
                       struct json_out *out);

static const struct entry_field fields[] = {
    {.name = "org", .type = FIELD_ID, .flags = FIELD_REQUIRED | FIELD_PUBLIC},
    {.name = "name", .type = FIELD_TEXT, .max = 256, .flags = FIELD_PUBLIC},
    {.name = "site", .type = FIELD_ID},
    {.name = "district", .type = FIELD_ID},
    {.name = "purchaser", .type = FIELD_ID, .flags = FIELD_PUBLIC},
    {.name = "evaluator", .type = FIELD_ID},
    {.name = "source",
     .type = FIELD_CHOICE,
     .choices = "fiscal=财政|fund=专项资金|attracted=社会资金",
     .flags = FIELD_PUBLIC},
    {.name = "target_persons", .type = FIELD_INT, .min = 0, .max = 1e12},
    {.name = "unit_fen", .type = FIELD_INT, .min = 0, .max = FEN_MAX},
    {.name = "budget_fen", .type = FIELD_INT, .min = 0, .max = FEN_MAX},
    {.name = "start", .type = FIELD_TIME},
    {.name = "end", .type = FIELD_TIME},
    {.name = "milestone", .type = FIELD_TEXT, .max = 512},
    {.name = "claims_persons", .type = FIELD_NUMBERS, .min = 0, .max = FEN_MAX},
    {.name = "claims_fen", .type = FIELD_NUMBERS, .min = 0, .max = FEN_MAX},
    {.name = "trend", .type = FIELD_NUMBERS, .min = 0, .max = FEN_MAX}, /* project_pace.h */
    {.name = "accepted_fen", .type = FIELD_INT, .min = 0, .max = FEN_MAX},
    {.name = "paid_fen", .type = FIELD_INT, .min = 0, .max = FEN_MAX},
    {.name = "evaluation", .type = FIELD_TEXT, .max = 512},
    {.name = "evidence", .type = FIELD_PROOF, .max = 1024},
    {.name = NULL},
};
const struct entry_kind kind_projects = {.name = "projects",
                                         .member = "project",
                                         .field = fields,
                                         .state = states,
                                         .more = write_more,
                                         .imported_as = CONTRACTED};

static struct project_standing standing_of(const struct fold *fold, const struct entry *entry)
{
    struct visit_tally tally = tally_of_project(&fold->service->tallies, str_of(entry->id));
    struct project_standing s = {
        .claimed_persons = numbers_sum(entry_json_of(entry, "claims_persons")),
        .claimed_fen = numbers_sum(entry_json_of(entry, "claims_fen")),
        .verified_persons = (int64_t)tally.verified,
        .target = entry_int(entry, "target_persons", 0),
        .unit_fen = entry_int(entry, "unit_fen", 0),
    };
    s.verified_fen = s.verified_persons * s.unit_fen;
    return s;
}

static bool is_over(const struct project_standing *s)
{
    return s->claimed_persons > s->verified_persons ||
           (s->unit_fen && s->claimed_fen > s->verified_fen);
}

/* It does not claim too much yet, and will. */
static bool is_ahead(const struct fold *fold, const struct entry *entry,
                     const struct project_standing *s, struct claim_forecast *forecast)
{
    return entry->state == CONTRACTED && !is_over(s) &&
           pace_over_claim(fold, entry, s, forecast);
}

static void write_more(const struct fold *fold, const struct entry *entry, struct json_out *out)
{
    struct project_standing s = standing_of(fold, entry);
    struct claim_forecast claims;
    int64_t persons = pace_persons(fold, entry, &s);
    json_member_int(out, "claimed_persons", s.claimed_persons);
    json_member_int(out, "claimed_amount_fen", s.claimed_fen);
    json_member_int(out, "verified_persons", s.verified_persons);
    json_member_int(out, "verified_amount_fen", s.verified_fen);
    if (s.claimed_fen > s.verified_fen)
        json_member_int(out, "excess_fen", s.claimed_fen - s.verified_fen);
    if (persons >= 0)
        json_member_int(out, "forecast_persons", persons);
    json_member_time_opt(out, "target_reached_at", pace_reached_ns(fold, entry, &s));
    if (is_ahead(fold, entry, &s, &claims)) {
        json_member_int(out, s.unit_fen ? "forecast_excess_fen" : "forecast_excess_persons",
                        claims.excess);
        json_member_time_opt(out, "over_claim_at", claims.at_ns);
    }
}

/* ---- judging ---- */

static const char *date_of(const struct fold *fold, int64_t at_ns, char dst[CIVIL_MAX])
{
    (void)civil_format(local_day(fold->rules, at_ns), dst);
    return dst;
}

static void judge_claims(struct fold *fold, struct entry *entry,
                         const struct project_standing *s)
{
    struct claim_forecast claims = {0};
    char date[CIVIL_MAX] = "";
    bool over = is_over(s), ahead = is_ahead(fold, entry, s, &claims);
    double excess = s->unit_fen ? (double)(s->claimed_fen - s->verified_fen) / 100
                                : (double)(s->claimed_persons - s->verified_persons);
    double verified = s->unit_fen ? (double)s->verified_fen / 100 : (double)s->verified_persons;
    double unit = s->unit_fen ? 100 : 1;
    if (over != !!(entry->told & TOLD_OVER_CLAIM))
        ledger_alarm(fold, entry, CONDITION_PROJECT_OVER_CLAIM, TOLD_OVER_CLAIM, over, excess,
                     verified, "");
    if (ahead != !!(entry->told & TOLD_OVER_CLAIM_AHEAD))
        ledger_alarm(fold, entry, CONDITION_PROJECT_OVER_CLAIM_AHEAD, TOLD_OVER_CLAIM_AHEAD,
                     ahead, (double)claims.excess / unit, (double)claims.verified / unit,
                     ahead ? date_of(fold, claims.at_ns, date) : "");
}

/* By when the target would be reached stands in the note; not at all without a date. */
static void judge_delivery(struct fold *fold, struct entry *entry,
                           const struct project_standing *s)
{
    int64_t persons = pace_persons(fold, entry, s), at_ns = pace_reached_ns(fold, entry, s);
    char date[CIVIL_MAX] = "";
    bool under = entry->state == CONTRACTED && pace_misses(fold, entry, s);
    if (under != !!(entry->told & TOLD_UNDER_DELIVERY))
        ledger_alarm(fold, entry, CONDITION_PROJECT_UNDER_DELIVERY, TOLD_UNDER_DELIVERY, under,
                     (double)persons, (double)s->target,
                     under && at_ns ? date_of(fold, at_ns, date) : "");
}

static void judge(struct fold *fold, struct entry *entry)
{
    struct project_standing s = standing_of(fold, entry);
    judge_claims(fold, entry, &s);
    judge_delivery(fold, entry, &s);
}

static void changed(struct fold *fold, struct entry *entry)
{
    judge(fold, entry);
    if (entry->state == CONTRACTED && fold->now_ns < entry_time(entry, "end") &&
        entry->timer.armed_ns == 0)
        ledger_wait(fold, entry, fold->now_ns + FORECAST_EVERY_NS);
}

static void due(struct fold *fold, struct entry *entry)
{
    entry->due_ns = 0;
    changed(fold, entry);
}

void project_counted(struct fold *fold, struct cw_str project)
{
    struct entry *entry = project.n ? book_find(fold->book, &kind_projects, project) : NULL;
    if (entry)
        judge(fold, entry);
}

/* ---- steps ---- */

static struct cw_str id_of(const struct ledger_call *call, const char *member)
{
    struct cw_str id = CW_STR("");
    (void)document_id(call->event->doc, call->event->root, member, &id, NULL);
    return id;
}

static enum cw_refusal contract(struct ledger_call *call)
{
    struct cw_str org = id_of(call, "org"), purchaser = id_of(call, "purchaser");
    if (purchaser.n == 0 || !str_eq(org, purchaser))
        return CW_ACCEPTED;
    err_set(call->event->err, 0, "\"%.*s\" cannot buy from itself.", (int)org.n, org.p);
    return CW_REFUSED_EVENT;
}

/* The evaluator is whoever the event names, else who sends it. */
static enum cw_refusal evaluated(struct ledger_call *call)
{
    struct cw_str evaluator = id_of(call, "evaluator");
    if (evaluator.n == 0)
        evaluator = str_of(call->event->sender->id);
    if (str_eq(evaluator, entry_text(call->entry, "purchaser")) ||
        str_eq(evaluator, entry_org(call->entry))) {
        err_set(call->event->err, 0,
                "\"%.*s\" is a party of the contract and cannot evaluate it.", (int)evaluator.n,
                evaluator.p);
        return CW_REFUSED_NOT_AUTHORISED;
    }
    draft_set_text(call->draft, "evaluator", evaluator);
    return CW_ACCEPTED;
}

static void set_claim(struct ledger_call *call, const char *field, struct cw_str period,
                      int64_t value)
{
    struct buf json;
    buf_init(&json, MAX_MAP_BYTES);
    numbers_set(entry_json_of(call->entry, field), period, value, &json);
    if (!json.full)
        draft_set(call->draft, field, buf_str(&json));
    buf_done(&json);
}

/* A claim for a period takes the place of an earlier one for the same. */
static enum cw_refusal claim(struct ledger_call *call)
{
    const struct event *event = call->event;
    struct cw_str period = CW_STR("all");
    int64_t persons = 0, amount_fen = 0;
    if (document_int(event->doc, event->root, "persons", &persons, event->err) == -EINVAL ||
        document_int(event->doc, event->root, "amount_fen", &amount_fen, event->err) ==
            -EINVAL ||
        document_id(event->doc, event->root, "period", &period, event->err) == -EINVAL)
        return CW_REFUSED_EVENT;
    if (persons < 0 || amount_fen < 0 || (double)amount_fen > FEN_MAX) {
        err_set(event->err, 0, "\"persons\" and \"amount_fen\" must not be negative.");
        return CW_REFUSED_EVENT;
    }
    struct cw_str claims = entry_json_of(call->entry, "claims_persons");
    struct cw_str money = entry_json_of(call->entry, "claims_fen");
    struct project_standing s = standing_of(call->fold, call->entry);
    int64_t before = numbers_get(claims, period, -1);
    s.claimed_persons += persons - (before > 0 ? before : 0);
    s.claimed_fen += amount_fen - numbers_get(money, period, 0);
    set_claim(call, "claims_persons", period, persons);
    set_claim(call, "claims_fen", period, amount_fen);
    pace_mark(call, &s, before < 0);
    return CW_ACCEPTED;
}

/* What is paid ahead is said so; everything else waits for the acceptance. */
static enum cw_refusal payment(struct ledger_call *call)
{
    const struct event *event = call->event;
    struct cw_str kind = id_of(call, "kind");
    int64_t amount_fen = 0;
    if (document_int(event->doc, event->root, "amount_fen", &amount_fen, event->err))
        return CW_REFUSED_EVENT;
    if (call->entry->state == CONTRACTED && !str_is(kind, "advance")) {
        err_set(event->err, 0, "Project \"%s\" is not accepted yet: nothing is settled before.",
                call->entry->id);
        return CW_REFUSED_EVENT;
    }
    draft_set_int(call->draft, "paid_fen", entry_int(call->entry, "paid_fen", 0) + amount_fen);
    return CW_ACCEPTED;
}

static const struct ledger_step steps[] = {
    {"project.contract", IS_NEW | IN(CONTRACTED), CONTRACTED, CLOCK_NONE, false, contract},
    {"project.milestone", IN(CONTRACTED) | IN(ACCEPTED), 0, CLOCK_NONE, true, NULL},
    {"project.claim", IN(CONTRACTED) | IN(ACCEPTED), 0, CLOCK_NONE, true, claim},
    {"project.evaluated", IN(CONTRACTED) | IN(ACCEPTED), 0, CLOCK_NONE, false, evaluated},
    {"project.accepted", IN(CONTRACTED), ACCEPTED, CLOCK_NONE, false, NULL},
    {"project.payment", IN(CONTRACTED) | IN(ACCEPTED) | IN(SETTLED), 0, CLOCK_NONE, false,
     payment},
    {.event = NULL},
};

const struct ledger ledger_projects = {.kind = &kind_projects,
                                       .step = steps,
                                       .waits = IN(CONTRACTED),
                                       .over = IN(SETTLED),
                                       .changed = changed,
                                       .due = due};
